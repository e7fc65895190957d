//! Everything that hardening an image yielded: what reports are drawn from.

use std::collections::BTreeMap;

use casehard_harden::Plan;
use casehard_oci::Digest;
use casehard_profile::Profile;
use serde::{Deserialize, Serialize};

use crate::Verification;

/// Everything that hardening an image yielded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hardening {
    /// Always `casehard.hardening/1`.
    pub schema: String,
    /// The image as the person named it.
    pub image: String,
    /// Who is asked about it, from the workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The base image, as far as annotations tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The original.
    pub before: Measure,
    /// The result.
    pub after: Measure,
    /// What was decided.
    pub plan: Plan,
    /// What was seen.
    pub profile: Profile,
    /// What verification found.
    pub verification: Verification,
    /// When and how long; the one place in which times stand.
    pub run: Timing,
}

/// The base image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Its name (`org.opencontainers.image.base.name`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its digest (`org.opencontainers.image.base.digest`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// How large an image is, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Its manifest.
    pub digest: Digest,
    /// Bytes of its layers as stored.
    pub compressed: u64,
    /// Bytes of the files of its merged tree.
    pub unpacked: u64,
    /// Entries of its merged tree, directories included.
    pub entries: u64,
    /// Its packages by kind (`deb`, `pypi`, …), language packages that a distribution package owns not counted.
    pub packages: BTreeMap<String, u64>,
    /// Vulnerabilities by severity; `None`: not scanned.
    #[serde(default)]
    pub vulnerabilities: Option<BTreeMap<String, u64>>,
}

/// When it ran, and how long each part took.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timing {
    /// Seconds since 1970.
    pub date: i64,
    /// Casehard's version.
    pub version: String,
    /// Each stage with its wall time in microseconds, in order; stages that ran beside others overlap.
    pub stages: Vec<Stage>,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name: `read`, `profile`, `plan`, …
    pub name: String,
    /// Wall time in microseconds.
    pub microseconds: u64,
    /// Of these, how long the application itself was run.
    pub application_microseconds: u64,
}

impl Measure {
    /// All packages together.
    #[must_use]
    pub fn package_count(&self) -> u64 {
        self.packages.values().sum()
    }
}
