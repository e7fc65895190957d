//! A difference between two images, as data.

use casehard_oci::{Digest, RootPath};
use serde::{Deserialize, Serialize};

/// What differs between two images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// Always `casehard.diff/1`.
    pub schema: String,
    /// The manifest of the first image.
    pub before: Digest,
    /// The manifest of the second image.
    pub after: Digest,
    /// Every path that is in one of them only, or differs, in the order of paths.
    pub paths: Vec<PathDifference>,
    /// How many paths are alike in both.
    pub alike: u64,
    /// Packages that are in one of them only, or differ, by kind and name.
    pub packages: Vec<PackageDifference>,
    /// Fields of the configuration that differ.
    pub config: Vec<FieldDifference>,
    /// What of either image could not be read.
    pub unknowns: Vec<String>,
}

/// One path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathDifference {
    /// The path.
    pub path: RootPath,
    /// What differs.
    #[serde(flatten)]
    pub aspect: Aspect,
}

/// What differs about a path. Several aspects of a path are several differences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "aspect", rename_all = "kebab-case")]
pub enum Aspect {
    /// Only the second image has it.
    Added {
        /// What it is.
        kind: String,
        /// Bytes, of a file.
        size: u64,
    },
    /// Only the first image has it.
    Removed {
        /// What it was.
        kind: String,
        /// Bytes, of a file.
        size: u64,
    },
    /// It is something else; nothing more is compared then.
    Kind {
        /// In the first image.
        before: String,
        /// In the second image.
        after: String,
    },
    /// Its bytes differ.
    Content {
        /// Bytes in the first image.
        before: u64,
        /// Bytes in the second image.
        after: u64,
    },
    /// The target of a symbolic link differs, escaped.
    Target {
        /// In the first image.
        before: String,
        /// In the second image.
        after: String,
    },
    /// Permission bits with setuid, setgid and sticky, as numbers.
    Mode {
        /// In the first image.
        before: u32,
        /// In the second image.
        after: u32,
    },
    /// User and group, `0:0`.
    Owner {
        /// In the first image.
        before: String,
        /// In the second image.
        after: String,
    },
    /// An extended attribute, its values in hexadecimal; absent where there is none.
    Xattr {
        /// Its name, escaped.
        name: String,
        /// In the first image.
        before: Option<String>,
        /// In the second image.
        after: Option<String>,
    },
    /// The other names of the same file, of those that both images have.
    Names {
        /// In the first image.
        before: Vec<RootPath>,
        /// In the second image.
        after: Vec<RootPath>,
    },
    /// Seconds since 1970.
    Time {
        /// In the first image.
        before: i64,
        /// In the second image.
        after: i64,
    },
}

/// One package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageDifference {
    /// Its kind: `deb`, `pypi`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Versions in the first image; empty when it has none.
    pub before: Vec<String>,
    /// Versions in the second image.
    pub after: Vec<String>,
}

/// One field of the configuration. Values are JSON, absent where the field is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDifference {
    /// The field, such as `config.User`, `config.Env.PATH` or `config.Labels.NAME`, escaped.
    pub field: String,
    /// In the first image.
    pub before: Option<serde_json::Value>,
    /// In the second image.
    pub after: Option<serde_json::Value>,
}

/// Whether times are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Times {
    /// They are not: a rebuild changes all of them.
    #[default]
    Passed,
    /// They are.
    Compared,
}

impl Diff {
    /// What [`Diff::schema`] says.
    pub const SCHEMA: &str = "casehard.diff/1";

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.packages.is_empty() && self.config.is_empty()
    }
}
