//! To an OCI image layout in a folder.

use std::{collections::HashSet, io, path::Path};

use casehard_oci::Descriptor;

use crate::{Image, LayoutWriter, ReadError, WriteError, Written, layer::Checked};

/// Copies `image` to an OCI image layout at `path`, in the place of an older layout there, blob by blob with every
/// digest and size checked. The manifest stays as it is.
///
/// # Errors
/// When a blob cannot be read, is not what its descriptor says, or cannot be written.
pub fn copy_to_layout(image: &Image, path: &Path, name: Option<&str>) -> Result<Written, WriteError> {
    let writer = LayoutWriter::create(path)?;
    for descriptor in blobs(image) {
        if descriptor.digest == image.manifest().config.digest {
            writer.blob(&mut image.config_bytes())?;
        } else {
            writer.blob(&mut Checked::new(image.blob(&descriptor.digest)?, &descriptor))?;
        }
    }
    writer.finish_as(image.manifest(), image.manifest_bytes(), image.config(), name)
}

/// Every blob of an image, each once: the configuration and the layers.
pub(crate) fn blobs(image: &Image) -> Vec<Descriptor> {
    let manifest = image.manifest();
    let mut seen = HashSet::new();
    std::iter::once(&manifest.config)
        .chain(&manifest.layers)
        .filter(|descriptor| seen.insert(descriptor.digest))
        .cloned()
        .collect()
}

/// An error of a reader that checks.
pub(super) fn explain(path: &Path, error: io::Error) -> WriteError {
    match error.downcast::<ReadError>() {
        Ok(error) => error.into(),
        Err(source) => WriteError::Io { path: path.to_owned(), source },
    }
}
