//! How much the seccomp profile allows beyond what was seen.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much the seccomp profile allows beyond what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Breadth {
    /// The calls that were made, those that every process makes and those that start a container. A request that takes
    /// another path through the program may fail.
    Seen,
    /// Also what acts on nothing but the process, its own files, and its sockets when it has any.
    #[default]
    Rules,
}

/// A text that names no breadth.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seccomp {0:?} is neither seen nor rules")]
pub struct BreadthError(String);

impl Breadth {
    /// Both, the narrower first.
    pub const ALL: [Self; 2] = [Self::Seen, Self::Rules];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Rules => "rules",
        }
    }
}

impl FromStr for Breadth {
    type Err = BreadthError;

    fn from_str(text: &str) -> Result<Self, BreadthError> {
        Self::ALL
            .into_iter()
            .find(|breadth| breadth.as_str() == text)
            .ok_or_else(|| BreadthError(text.to_owned()))
    }
}
