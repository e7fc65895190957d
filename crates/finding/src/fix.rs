//! What would mend a finding.

use serde::{Deserialize, Serialize};

/// How much a fix presumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Safety {
    /// It cannot change what the file means but for what it mends; `--fix` applies it.
    Safe,
    /// It needs to be shown right: by a registry, a profile, or a rebuild; `--fix=evidence` applies it.
    Evidence,
}

/// Edits that together mend a finding. All are applied, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, in one line.
    pub title: String,
    /// What it presumes.
    pub safety: Safety,
    /// The edits, in order of their start, without overlap.
    pub edits: Vec<Edit>,
}

/// Bytes to replace in the file the finding stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// First byte to go.
    pub start: usize,
    /// One past the last byte to go; equal to `start` for an insertion.
    pub end: usize,
    /// What comes instead.
    pub text: String,
}
