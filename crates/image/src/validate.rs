//! Whether an image is what its documents say.

use std::io::{self, Read as _};

use casehard_oci::{Compression, Digest, MediaType};

use crate::{Image, Layer, ReadError, layer::Checked, read};

/// What an image is that its documents deny, or the other way round.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A blob, a layer's tar or an entry is not what it must be.
    #[error("{0}")]
    Read(ReadError),
    /// A layer is compressed in another way than its media type says. Runtimes look at the bytes, and go on.
    #[error("layer {layer} is stated as {stated} and is {found:?}")]
    MediaType {
        /// The layer's blob.
        layer: Digest,
        /// As its descriptor says.
        stated: MediaType,
        /// As its bytes are.
        found: Compression,
    },
    /// The history speaks of other layers than there are.
    #[error("the history has {history} entries with a layer, and the image has {layers} layers")]
    History {
        /// Entries of the history that made a layer.
        history: usize,
        /// Layers.
        layers: usize,
    },
    /// The configuration states another kind of root than layers.
    #[error("the configuration has rootfs.type {0:?} where only \"layers\" is defined")]
    RootFs(String),
}

/// Recomputes every digest, size and diff id, walks every tar and merges the layers, and lists what is wrong, in the
/// order of the layers. Manifest and configuration were checked when the image was opened.
#[must_use]
pub fn validate(image: &Image) -> Vec<Violation> {
    let mut violations = document_violations(image);
    let Err(merged) = read(image, &()) else { return violations };
    // Something is wrong: each layer is looked at for itself, so that the first fault does not hide the others.
    let mut found = Vec::new();
    for (index, layer) in image.layers().iter().enumerate() {
        found.extend(blob_violation(image, layer));
        if let Err(error) = walk(image, index)
            && !matches!(error, ReadError::BlobSize { .. } | ReadError::BlobDigest { .. })
        {
            found.push(error);
        }
    }
    if found.is_empty() {
        // Each layer is well, and they do not go together.
        found.push(merged);
    }
    violations.extend(found.into_iter().map(Violation::Read));
    violations
}

fn document_violations(image: &Image) -> Vec<Violation> {
    let mut violations = Vec::new();
    let config = image.config();
    if config.rootfs.kind != "layers" {
        violations.push(Violation::RootFs(config.rootfs.kind.clone()));
    }
    let history = config.history.iter().filter(|entry| !entry.empty_layer).count();
    let layers = image.layers().len();
    if !config.history.is_empty() && history != layers {
        violations.push(Violation::History { history, layers });
    }
    for layer in image.layers() {
        let stated = &layer.descriptor.media_type;
        if stated.layer().is_some_and(|compression| compression != layer.compression) {
            let (stated, found) = (stated.clone(), layer.compression);
            violations.push(Violation::MediaType { layer: layer.descriptor.digest, stated, found });
        }
    }
    violations
}

/// What is wrong with the bytes of a blob, whatever they mean.
fn blob_violation(image: &Image, layer: &Layer) -> Option<ReadError> {
    let digest = layer.descriptor.digest;
    let mut blob = match image.blob(&digest) {
        Ok(blob) => Checked::new(blob, &layer.descriptor),
        Err(error) => return Some(error),
    };
    let mut buffer = vec![0; 128 << 10];
    loop {
        match blob.read(&mut buffer) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Some(ReadError::io(format!("blob {digest}"), error)),
        }
    }
}

fn walk(image: &Image, layer: usize) -> Result<(), ReadError> {
    let mut entries = image.entries(layer)?;
    while entries.next()?.is_some() {}
    Ok(())
}
