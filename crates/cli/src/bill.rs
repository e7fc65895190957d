//! Where bills of materials come from: an image that is read, or a document that somebody wrote.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use casehard_image::Tree;
use casehard_inventory::{
    Inventory,
    sbom::{Sbom, Select},
};
use casehard_oci::{Digest, Platform};

use crate::{Context, Failure};

/// More than any bill of materials has.
const LARGEST: u64 = 1 << 30;

/// A bill of materials, and what it was drawn from when that is an image.
pub struct Bill {
    /// What is there.
    pub sbom: Sbom,
    /// The image's files and packages.
    pub read: Option<(Tree, Inventory)>,
    /// The image's configuration.
    pub config: Option<Digest>,
}

/// The bill of materials of what a person named: an image, or a document in any form that is known.
pub fn bill(name: &str, platform: Option<&Platform>, context: &Context) -> Result<Bill, Failure> {
    if let Some(bytes) = document(Path::new(name))? {
        let failed = |error| {
            Failure::cannot(format_args!("failed to use {name}"), &error)
                .hint("CycloneDX, SPDX 2, Syft's and Casehard's own JSON are read, and SPDX tag-value")
        };
        return Ok(Bill { sbom: Sbom::read(&bytes).map_err(failed)?, read: None, config: None });
    }
    let image = context.open(name, platform)?;
    let (tree, inventory) = casehard_inventory::survey(&image)
        .map_err(|error| Failure::cannot(format_args!("failed to read image {name}"), &error))?;
    let sbom = Sbom::of(&image, &tree, &inventory, &Select::default());
    Ok(Bill { sbom, read: Some((tree, inventory)), config: Some(image.manifest().config.digest) })
}

/// The bytes of a file that is a text: archives of images begin otherwise.
fn document(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let Ok(mut file) = fs::File::open(path) else { return Ok(None) };
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(None);
    }
    let failed = |error| Failure::cannot(format_args!("failed to read {}", path.display()), &error);
    let mut bytes = Vec::new();
    file.by_ref().take(64).read_to_end(&mut bytes).map_err(failed)?;
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii_start();
    if !start.starts_with(b"{") && !start.starts_with(b"SPDXVersion:") {
        return Ok(None);
    }
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// The bytes of a file that an argument names.
pub fn bytes(path: &PathBuf) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::cannot(format_args!("failed to read {}", path.display()), &error))
}
