//! What verification found, in the form that is published.

use casehard_oci::{Digest, RootPath};
use serde::{Deserialize, Serialize};

/// What verification found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Always `casehard.verification/1`.
    pub schema: String,
    /// The manifest of the original image.
    pub original: Digest,
    /// The manifest of the hardened image.
    pub hardened: Digest,
    /// Whether every step and every proof passed: only then the image is called hardened.
    pub passed: bool,
    /// Each thing that was run, on both images.
    pub steps: Vec<Step>,
    /// The hardening proofs.
    pub checks: Vec<Check>,
    /// What was put back because a step failed without it.
    pub repairs: Vec<Repair>,
    /// What could not be seen or tried.
    pub unseen: Vec<String>,
}

/// One thing that was run, on both images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Whether it was held out from profiling.
    pub held_out: bool,
    /// How it went on the original.
    pub original: Went,
    /// How it went on the hardened image.
    pub hardened: Went,
    /// What differs between both answers, volatile parts masked; empty when nothing does.
    pub differences: Vec<String>,
    /// What differs but is no failure: slower, another warning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Went {
    /// Whether it passed.
    pub passed: bool,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// How long it took, in microseconds.
    pub microseconds: u64,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It holds.
    Pass,
    /// It does not hold, and the person should decide.
    Warn,
    /// It does not hold.
    Fail,
}

/// One hardening proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name: `non-root-user`, `setuid-files`, …
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// What shows it.
    pub evidence: String,
    /// What the original shows.
    pub before: String,
}

/// A path that was put back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Repair {
    /// In which round, from 1.
    pub round: u32,
    /// What was put back.
    pub path: RootPath,
    /// The step that failed without it.
    pub step: String,
    /// The program that looked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<RootPath>,
    /// How it was found.
    #[serde(default)]
    pub by: RepairBy,
}

/// How a path that must be put back was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepairBy {
    /// The failing run looked for it.
    #[default]
    Missing,
    /// Of all that was removed, it was found by halving that the run fails without it.
    Bisecting,
}
