//! Why no image could be opened.

use std::{io, path::PathBuf};

use casehard_oci::MediaType;

use super::index::MAX_NESTING;
use crate::{DaemonError, Limits, ReadError, RegistryError, TarError, WriteError};

/// Why no image could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A file could not be read.
    #[error("read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is there is no image.
    #[error("find an image at {0}: it is neither an OCI image layout nor an image archive")]
    NotImage(PathBuf),
    /// A folder could not be read as a plain root.
    #[error(transparent)]
    Scan(Box<WriteError>),
    /// A blob could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A daemon did not give the image.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// A registry did not give the image.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A document is broken.
    #[error("read {what}: {source}")]
    Document {
        /// Which.
        what: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A document is too large.
    #[error("read {what}: it has more than {limit} bytes")]
    DocumentSize {
        /// Which.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// There is no image of that name.
    #[error("find {wanted} in {image}: it has {}", listed(.there))]
    NoName {
        /// Asked for.
        wanted: String,
        /// Where.
        image: String,
        /// What is there.
        there: Vec<String>,
    },
    /// Several images are there and none was named.
    #[error("choose an image of {image}: name one of {}", listed(.there))]
    Several {
        /// Where.
        image: String,
        /// What is there.
        there: Vec<String>,
    },
    /// There is no image for the platform.
    #[error("find an image for {wanted} in {image}: it has {}", listed(.there))]
    NoPlatform {
        /// Asked for.
        wanted: String,
        /// Where.
        image: String,
        /// What is there.
        there: Vec<String>,
    },
    /// Indexes within indexes, deeper than anybody makes them.
    #[error("read {0}: its indexes are nested more than {MAX_NESTING} deep")]
    Nesting(String),
    /// A media type that is none of an image's parts.
    #[error("read {what}: its media type {} is none that an image has there", casehard_oci::escape(.media_type.to_string().as_bytes()))]
    MediaType {
        /// The blob.
        what: String,
        /// As written.
        media_type: MediaType,
    },
    /// Manifest and configuration do not fit together.
    #[error("read the image: it has {layers} layers in its manifest and {diff_ids} in its configuration")]
    LayerCount {
        /// In the manifest.
        layers: usize,
        /// In the configuration.
        diff_ids: usize,
    },
    /// More layers than anybody makes.
    #[error("read the image: it has {count} layers, more than {limit}", limit = Limits::LAYERS)]
    TooManyLayers {
        /// In the manifest.
        count: usize,
    },
    /// An archive is broken.
    #[error("read archive {path} at byte {offset}: {source}")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Where the broken member begins.
        offset: u64,
        /// What is wrong.
        source: TarError,
    },
    /// An archive has more members than anybody makes.
    #[error("read archive {0}: it has too many members")]
    TooManyMembers(PathBuf),
    /// The names in an archive take too much memory.
    #[error("read archive {path}: the names of its members take more than {limit} bytes")]
    Names {
        /// The archive.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// A compressed archive is too large.
    #[error("decompress archive {path}: it has more than the limit of {limit} bytes")]
    Unpacked {
        /// The archive.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// An archive lacks what its documents speak of.
    #[error("find {member} in archive {path}")]
    NoMember {
        /// The archive.
        path: PathBuf,
        /// What is missing.
        member: String,
    },
    /// The layers of an old archive are each other's parents.
    #[error("read archive {path}: layer {id} is below itself")]
    Cycle {
        /// The archive.
        path: PathBuf,
        /// One of the layers.
        id: String,
    },
}

fn listed(there: &[String]) -> String {
    const SHOWN: usize = 20;
    if there.is_empty() {
        return "none".to_owned();
    }
    let mut text = there[..there.len().min(SHOWN)].join(", ");
    if there.len() > SHOWN {
        text.push_str(&format!(" and {} more", there.len() - SHOWN));
    }
    text
}
