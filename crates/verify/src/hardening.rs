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
    /// What is known to be vulnerable in both images; `None`: not scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
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

/// What is known to be vulnerable, and the data that this rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Advice {
    /// The day the advisory store was built, `YYYY-MM-DD`.
    pub built: String,
    /// Its age in days when the images were scanned.
    pub age_days: i64,
    /// Whether it is the partial snapshot that comes with the program.
    pub partial: bool,
    /// Where its data is from.
    pub sources: Vec<Feed>,
    /// What could not be seen; while it is not empty nothing is clean.
    pub blind: Vec<String>,
    /// What was found in the original or in the result, the most pressing first.
    pub findings: Vec<Vulnerability>,
}

/// A source of advisories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Its name: `debian`, `ghsa`, …
    pub name: String,
    /// The day of its newest record.
    pub date: Option<String>,
}

/// A vulnerability in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vulnerability {
    /// Its id: the CVE where there is one.
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// How bad it is: `critical`, `high`, …
    pub severity: String,
    /// The package's name.
    pub package: String,
    /// The package's version in the image.
    pub version: String,
    /// The package's URL.
    pub purl: String,
    /// The version that fixes it.
    pub fixed: Option<String>,
    /// What hardening did to it.
    pub fate: Fate,
}

/// What hardening did to a vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is in the result too.
    Left,
    /// It is in the result too, in a package of which no file was used while the application was profiled.
    Unused,
    /// No file of its package is left.
    ComponentNotPresent,
    /// Its package is listed, and no file of it that could be run or loaded is left.
    CodeNotPresent,
    /// The result's scan does not find it, and the package's files do not prove why.
    NotFound,
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
