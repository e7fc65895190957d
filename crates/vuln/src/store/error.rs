//! What can go wrong with a store.

use std::{io, path::PathBuf};

/// Why a store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file could not be opened, mapped or written.
    #[error("access the advisory store {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is something else.
    #[error("read {path}: it is no advisory store")]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file was written in another layout.
    #[error("read the advisory store: its layout is version {found}, this program reads version {expected}")]
    Version {
        /// The version in the file.
        found: u32,
        /// The version this program reads.
        expected: u32,
    },
    /// An offset, a length or text in the file is wrong.
    #[error("read the advisory store: {what} at byte {at} is damaged")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// Where, in bytes from the start of the file or section.
        at: usize,
    },
    /// The content does not have the digest that the file states.
    #[error("verify the advisory store: its content has the digest {found}, it states {expected}")]
    Digest {
        /// The digest it states, in hexadecimal.
        expected: String,
        /// The digest it has.
        found: String,
    },
    /// The data does not fit into the layout.
    #[error("write the advisory store: {what} is over 4 GiB")]
    TooLarge {
        /// What is too large.
        what: &'static str,
    },
}
