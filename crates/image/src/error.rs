//! Why a part of an image could not be read.

use std::{io, sync::Arc};

use casehard_oci::Digest;

use crate::{RegistryError, tar::TarError, tree::MergeError};

/// Why a part of an image could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The machine could not read it.
    #[error("read {what}: {source}")]
    Io {
        /// The blob or file.
        what: String,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The image speaks of a blob that it does not have.
    #[error("find blob {digest} in {image}")]
    Missing {
        /// The blob.
        digest: Digest,
        /// The image.
        image: String,
    },
    /// The bytes of a blob are other ones than its descriptor says.
    #[error("trust blob {expected}: its bytes have the digest {found}")]
    BlobDigest {
        /// As its descriptor says.
        expected: Digest,
        /// As it is.
        found: Digest,
    },
    /// A blob is longer or shorter than its descriptor says.
    #[error("trust blob {digest}: it has {found} bytes where its descriptor says {expected}")]
    BlobSize {
        /// The blob.
        digest: Digest,
        /// As its descriptor says.
        expected: u64,
        /// As it is, as far as it was read.
        found: u64,
    },
    /// The uncompressed bytes of a layer are other ones than the configuration says.
    #[error(
        "trust layer {layer}: uncompressed it has the digest {found} where the configuration says {expected}"
    )]
    DiffId {
        /// The layer's blob.
        layer: Digest,
        /// As the configuration says.
        expected: Digest,
        /// As it is.
        found: Digest,
    },
    /// The compressed bytes of a layer cannot be decompressed.
    #[error("decompress layer {layer}: {source}")]
    Decompress {
        /// The layer's blob.
        layer: Digest,
        /// Why.
        source: Arc<io::Error>,
    },
    /// A layer is no tar that a layer may be.
    #[error("read layer {layer} at byte {offset} of its tar: {source}")]
    Tar {
        /// The layer's blob.
        layer: Digest,
        /// Where its header begins, in the uncompressed tar.
        offset: u64,
        /// What is wrong.
        source: TarError,
    },
    /// An entry cannot be laid onto what is there.
    #[error("apply layer {layer}: {source}")]
    Merge {
        /// The layer's blob.
        layer: Digest,
        /// What is wrong.
        source: MergeError,
    },
    /// The layers together are too large.
    #[error("read layer {layer}: the image unpacks to more than the limit of {limit} bytes")]
    Unpacked {
        /// The layer at which the limit was reached.
        layer: Digest,
        /// The limit.
        limit: u64,
    },
    /// A layer expands too much to be honest.
    #[error("read layer {layer}: it expands to more than {limit} times its compressed size")]
    Expansion {
        /// The layer's blob.
        layer: Digest,
        /// The limit.
        limit: u64,
    },
    /// A registry did not give it.
    #[error(transparent)]
    Registry(Box<RegistryError>),
    /// There is no such layer.
    #[error("find layer {index}: the image has {count}")]
    NoLayer {
        /// Asked for, from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
}

impl ReadError {
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        // A read error may have travelled through a reader.
        match source.downcast::<Self>() {
            Ok(error) => error,
            Err(source) => Self::Io { what: what.into(), source: Arc::new(source) },
        }
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        Self::other(error)
    }
}
