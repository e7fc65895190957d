//! An image whose layers are written anew, in a folder that is gone when it is dropped.

use std::{collections::BTreeMap, error::Error};

use casehard_image::{Edit, Image, ImageRef, LayoutWriter, Options, Style, Transport};
use tempfile::TempDir;

use crate::{Context, Failure};

/// The image of the same entries, its layers written in this style.
pub fn rewritten(image: &Image, style: Style, context: &Context) -> Result<(Image, TempDir), Failure> {
    let failed = |error: &(dyn Error + 'static)| Failure::cannot("failed to write the layers anew", error);
    let folder = match context.cache() {
        Ok(cache) if std::fs::create_dir_all(&cache).is_ok() => tempfile::tempdir_in(cache),
        _ => tempfile::tempdir(),
    };
    let folder = folder.map_err(|error| failed(&error))?;
    let place = folder.path().join("image");
    let (tree, _) = casehard_image::read(image, &()).map_err(|error| failed(&error))?;
    let edit = Edit {
        keep: &|_| true,
        changes: BTreeMap::new(),
        additions: BTreeMap::new(),
        config: image.config().clone(),
        annotations: image.manifest().annotations.clone(),
    };
    let writer = LayoutWriter::create(&place).map_err(|error| failed(&error))?;
    casehard_image::edit(image, &tree, &edit, writer.styled(style)).map_err(|error| failed(&error))?;
    let new = ImageRef { transport: Transport::Layout(place), name: None };
    let options = Options { platform: None, limits: *image.limits(), places: context.places() };
    let new = casehard_image::open(&new, &options).map_err(|error| failed(&error))?;
    Ok((new, folder))
}
