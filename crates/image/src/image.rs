//! Finding an image and reading its parts.

use std::{io, sync::Arc};

use casehard_oci::{Compression, Descriptor, Digest, ImageConfig, Manifest, Platform};

use crate::{Head, ImageRef, Limits};

/// How to open an image.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which platform of an image for several; the host's unless said.
    pub platform: Option<Platform>,
    /// What it may cost.
    pub limits: Limits,
}

/// One layer.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its blob.
    pub descriptor: Descriptor,
    /// The digest of its uncompressed tar, as the configuration states it.
    pub diff_id: Digest,
    /// How it is compressed.
    pub compression: Compression,
}

/// An image: it never changes, and clones share everything.
#[derive(Debug, Clone)]
pub struct Image(#[expect(dead_code)] Arc<()>);

impl Image {
    /// The reference it was opened by, as text.
    #[must_use]
    pub fn name(&self) -> &str {
        todo!()
    }
    /// The digest of its manifest. For an archive that has none: of the OCI manifest that its parts make.
    #[must_use]
    pub fn digest(&self) -> Digest {
        todo!()
    }
    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        todo!()
    }
    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &ImageConfig {
        todo!()
    }
    /// Its layers, lowest first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        todo!()
    }
    /// What reading it may cost.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        todo!()
    }
    /// The entries of a layer in their order, while its blob is decompressed and both its digests are checked.
    ///
    /// # Errors
    /// When the blob cannot be opened.
    pub fn entries(&self, _layer: usize) -> Result<Entries, ReadError> {
        todo!()
    }
    /// The bytes of a blob as stored.
    ///
    /// # Errors
    /// When the blob cannot be opened.
    pub fn blob(&self, _digest: &Digest) -> Result<Box<dyn io::Read + Send>, ReadError> {
        todo!()
    }
}

/// The entries of one layer. Reading to the end checks digests and sizes; a layer that is not what its
/// descriptor says ends in an error.
pub struct Entries(());

impl Entries {
    /// The next entry with its content; what is left unread of a content is skipped.
    ///
    /// # Errors
    /// When the layer is broken, is not what its digests say, or exceeds a limit.
    #[expect(clippy::should_implement_trait, reason = "it lends, which iterators do not")]
    pub fn next(&mut self) -> Result<Option<EntryReader<'_>>, ReadError> {
        todo!()
    }
}

/// One entry with its content.
pub struct EntryReader<'a> {
    /// Its header.
    pub head: Head,
    /// What has the content.
    _entries: &'a mut Entries,
}

impl io::Read for EntryReader<'_> {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        todo!()
    }
}

/// Why no image could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {}

/// Why a part of an image could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {}

/// Opens the image that `image` names.
///
/// # Errors
/// When there is none, it is none, or its documents are broken.
pub fn open(_image: &ImageRef, _options: &Options) -> Result<Image, OpenError> {
    todo!()
}
