//! Writing images, the same bytes each time.

use std::{collections::BTreeMap, io, path::Path};

use casehard_oci::{Compression, Descriptor, Digest, ImageConfig};

use crate::{Head, ReadError};

/// Why an image could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The source could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// A layer that has been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenLayer {
    /// Its blob.
    pub descriptor: Descriptor,
    /// The digest of its uncompressed tar.
    pub diff_id: Digest,
    /// Its uncompressed size in bytes.
    pub unpacked: u64,
}

/// An image that has been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The descriptor of its manifest, as it stands in the index.
    pub manifest: Descriptor,
    /// Its layers.
    pub layers: Vec<WrittenLayer>,
}

/// An OCI image layout in the making. It is written beside its place and renamed into it by
/// [`LayoutWriter::finish`]; dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct LayoutWriter(());

impl LayoutWriter {
    /// A layout that will stand at `path`, replacing an older layout there (and nothing else).
    ///
    /// # Errors
    /// When the folder beside it cannot be made, or what is at `path` is not a layout.
    pub fn create(_path: &Path) -> Result<Self, WriteError> {
        todo!()
    }
    /// Begins a layer. Layers may be written from several threads; their order is that of `finish`.
    ///
    /// # Errors
    /// When its file cannot be made.
    pub fn layer(&self, _compression: Compression) -> Result<LayerWriter, WriteError> {
        todo!()
    }
    /// Writes manifest and configuration for these layers (lowest first), adds the image to the index under
    /// `name`, and puts the layout in its place. `config.rootfs` is filled in.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn finish(
        self,
        _config: ImageConfig,
        _layers: Vec<WrittenLayer>,
        _annotations: BTreeMap<String, String>,
        _name: Option<&str>,
    ) -> Result<Written, WriteError> {
        todo!()
    }
}

/// A layer in the making: tar (PAX where ustar does not reach), compressed on all processors with the same bytes at
/// any number of them.
#[derive(Debug)]
pub struct LayerWriter(());

impl LayerWriter {
    /// Writes an entry; `content` must yield `head.size` bytes for a regular file and is not read for others.
    ///
    /// # Errors
    /// When the content ends early or the blob cannot be written.
    pub fn entry(&mut self, _head: &Head, _content: &mut dyn io::Read) -> Result<(), WriteError> {
        todo!()
    }
    /// Ends the layer.
    ///
    /// # Errors
    /// When the blob cannot be written.
    pub fn finish(self) -> Result<WrittenLayer, WriteError> {
        todo!()
    }
}
