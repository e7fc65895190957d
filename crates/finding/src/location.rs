//! Where a finding stands.

use casehard_oci::RootPath;
use serde::{Deserialize, Serialize};

/// A range of bytes in a text file, with the place of its start for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Column of the first byte in characters, from 1.
    pub column: u32,
}

/// Where a finding stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Location {
    /// In a text file.
    File {
        /// The file as the user named it.
        file: String,
        /// The place in it.
        span: Span,
    },
    /// At a path of an image.
    Path {
        /// The path.
        path: RootPath,
        /// The layer that brought it, from 0, when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<usize>,
    },
    /// In the configuration of an image.
    Config {
        /// The field, such as `config.User`.
        field: String,
    },
    /// In the history of an image.
    History {
        /// The entry, from 0.
        entry: usize,
    },
    /// In a package.
    Package {
        /// Its package URL.
        purl: String,
    },
    /// The image as a whole.
    Image,
}
