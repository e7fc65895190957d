//! What every layer brings, whatever later ones take away.

use casehard_image::{Image, ReadError, Tree};
use hashbrown::HashSet;

use super::{Component, Sbom, Select};
use crate::{Inventory, survey};

impl Sbom {
    /// The bill of materials of an image with what later layers hide: what is in no file system any more can still be
    /// read by who has the image. Each layer is read once more, by itself.
    ///
    /// # Errors
    /// When a layer cannot be read.
    pub fn of_all_layers(
        image: &Image,
        tree: &Tree,
        inventory: &Inventory,
        select: &Select,
    ) -> Result<Self, ReadError> {
        let mut all = Self::of(image, tree, inventory, select);
        let mut known: HashSet<(String, Vec<String>)> = all.components.iter().map(key).collect();
        let mut ids: HashSet<String> = all.components.iter().map(|component| component.id.clone()).collect();
        let select = Select { unowned: false, ..select.clone() };
        for layer in 0..image.layers().len() {
            let Some(alone) = image.layer_alone(layer) else { continue };
            let (tree, inventory) = survey(&alone)?;
            for component in Self::of(&alone, &tree, &inventory, &select).components {
                if !known.insert(key(&component)) {
                    continue;
                }
                let mut id = component.id.clone();
                while !ids.insert(id.clone()) {
                    id.push_str(&format!("#layer-{layer}"));
                }
                // What it belongs to or needs was seen in this layer only.
                let alone =
                    Component { id, layer: Some(layer), part_of: None, depends_on: Vec::new(), ..component };
                all.components.push(alone);
            }
        }
        all.components.sort_by(|a, b| {
            (a.ecosystem, &a.name, &a.version, &a.id).cmp(&(b.ecosystem, &b.name, &b.version, &b.id))
        });
        Ok(all)
    }
}

/// What makes two components the same: the package and where it was found. A layer need not know its distribution.
fn key(component: &Component) -> (String, Vec<String>) {
    let bare = component.purl.split('?').next().unwrap_or_default().to_owned();
    (bare, component.locations.clone())
}
