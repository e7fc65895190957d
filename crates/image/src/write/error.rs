//! Why an image could not be written.

use std::{io, path::PathBuf};

use casehard_oci::{Digest, RootPath};

use crate::{DaemonError, ReadError};

/// Why an image could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The source could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A daemon did not take the image.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The machine could not write.
    #[error("write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What stands at the place is something else, and is left alone.
    #[error("replace {0}: it is no OCI image layout")]
    NotLayout(PathBuf),
    /// A folder that is to be written has something in it.
    #[error("write a root into {0}: it is not empty")]
    NotEmpty(PathBuf),
    /// A folder holds more than the limit.
    #[error("take {path} in: this goes beyond the limit of {limit} {what}")]
    Limit {
        /// Where it was reached.
        path: RootPath,
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A layout has named images, and what comes has no name.
    #[error("put an image without a name into {path}: it has {}", .there.join(", "))]
    Named {
        /// The layout.
        path: PathBuf,
        /// The names of its images, escaped.
        there: Vec<String>,
    },
    /// A file has fewer bytes than its header says.
    #[error("write {path}: its content ends after {found} of {expected} bytes")]
    Content {
        /// The entry.
        path: RootPath,
        /// As its header says.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// The tree has entries that the layer does not have.
    #[error("edit layer {layer}: the tree is of another image")]
    OtherTree {
        /// The layer's blob.
        layer: Digest,
    },
    /// The tree has a file where the layer has something else.
    #[error("edit {path}: the tree is of another image")]
    OtherEntry {
        /// The entry of the layer.
        path: RootPath,
    },
    /// The content of an entry could not be read.
    #[error("read the content of {path}: {source}")]
    Source {
        /// The entry.
        path: RootPath,
        /// Why.
        source: io::Error,
    },
}
