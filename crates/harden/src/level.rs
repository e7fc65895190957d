//! How far hardening goes.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How far hardening goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No software goes, only what never belongs in an image.
    Tidy,
    /// Whole packages go that neither the run nor the closure used.
    #[default]
    Package,
    /// Unused files of the packages that stay go too.
    File,
}

/// A text that names no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("level {0:?} is none of tidy, package and file")]
pub struct LevelError(String);

impl Level {
    /// All levels, the mildest first.
    pub const ALL: [Self; 3] = [Self::Tidy, Self::Package, Self::File];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tidy => "tidy",
            Self::Package => "package",
            Self::File => "file",
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or_else(|| LevelError(text.to_owned()))
    }
}
