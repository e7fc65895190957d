//! `report.json`, version 1: a public form that only grows. Fields are added, none is renamed or removed, and none
//! changes its meaning; what would need that becomes version 2.
//!
//! Its schema is `docs/schemas/report.schema.json`. Times stand in [`Run`] alone: without it, equal inputs give equal
//! bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Advisories;

#[cfg(test)]
use schemars::JsonSchema;

/// What hardening an image yielded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Report {
    /// Always `casehard.report/1`.
    pub schema: String,
    /// Whether the result is called hardened.
    pub verdict: Verdict,
    /// Which image, and what it became.
    pub image: Image,
    /// How far it went: `tidy`, `package` or `file`.
    pub level: String,
    /// How large the image is.
    pub size: Before<Amounts>,
    /// What became of its packages.
    pub packages: Packages,
    /// What became of its paths.
    pub paths: Paths,
    /// Vulnerabilities by severity (`critical`, `high`, …); null: not scanned.
    pub vulnerabilities: Before<Option<BTreeMap<String, u64>>>,
    /// Each of them, and the data this rests on; null: not scanned.
    #[serde(default)]
    pub advisories: Option<Advisories>,
    /// The hardening proofs.
    pub checks: Vec<Check>,
    /// Each thing that was run, on both images.
    pub steps: Vec<Step>,
    /// What was put back because a step failed without it.
    pub repairs: Vec<Repair>,
    /// What changed in the image's configuration.
    pub settings: Vec<Setting>,
    /// The controls that the result is meant to run under, and was verified under.
    pub controls: Controls,
    /// What could not be seen or tried: where it is not empty, nothing is known about these.
    pub unseen: Vec<String>,
    /// What the person who decides should know.
    pub notes: Vec<Note>,
    /// When and how long; the one place in which times stand.
    pub run: Run,
}

/// Whether the result is called hardened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Verdict {
    /// It is when every step and every proof passed on it.
    pub hardened: bool,
    /// Why it is not; empty when it is.
    pub reasons: Vec<String>,
}

/// Which image, and what it became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Image {
    /// The image as the person named it.
    pub name: String,
    /// Who is asked about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The image it was built on, as far as its annotations tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseImage>,
    /// Manifest digests of the original and of the result.
    pub digest: Before<String>,
}

/// The image that an image was built on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct BaseImage {
    /// Its name (`org.opencontainers.image.base.name`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its digest (`org.opencontainers.image.base.digest`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The same of the original and of the result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Before<T> {
    /// Of the original.
    pub before: T,
    /// Of the result.
    pub after: T,
}

/// How large an image is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Amounts {
    /// Bytes of its layers as stored.
    pub compressed: u64,
    /// Bytes of the files of its merged tree.
    pub unpacked: u64,
    /// Entries of its merged tree, directories included.
    pub entries: u64,
}

/// What became of the packages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Packages {
    /// How many there are by kind (`deb`, `pypi`, …).
    pub count: Before<BTreeMap<String, u64>>,
    /// Those of which no file is left, the largest first.
    pub removed: Vec<Package>,
    /// Those of which some files are left: they stay in every list of packages.
    pub partial: Vec<Package>,
    /// Those that stay.
    pub kept: Vec<Package>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its kind: `deb`, `pypi`, …
    pub kind: String,
    /// Its package URL.
    pub purl: String,
    /// Its files, directories not counted.
    pub files: Before<u64>,
    /// The bytes of its files.
    pub bytes: Before<u64>,
    /// Why this became of it, in one sentence.
    pub why: String,
}

/// What became of the paths; `plan.json` has each of them with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Paths {
    /// Paths that stay, by their first reason (`used`, `needed`, …).
    pub kept: Count,
    /// Paths that go, by their reason (`unused-package`, `debris`, …).
    pub removed: Count,
    /// Paths whose owner, mode or attributes changed.
    pub changed: u64,
    /// Paths that were put in.
    pub added: u64,
}

/// How many, in all and by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Count {
    /// In all.
    pub total: u64,
    /// By reason.
    pub because: BTreeMap<String, u64>,
}

/// A hardening proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Check {
    /// Its name: `non-root-user`, `setuid-files`, …
    pub name: String,
    /// `PASS`, `WARN` or `FAIL`.
    pub status: String,
    /// What shows it.
    pub evidence: String,
    /// What the original shows.
    pub before: String,
}

/// One thing that was run, on both images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Whether it was held out from profiling.
    pub held_out: bool,
    /// How it went on the original.
    pub original: Side,
    /// How it went on the result.
    pub hardened: Side,
    /// What differs between both answers; empty when nothing does.
    pub differences: Vec<String>,
}

/// How a step went on one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Side {
    /// Whether it passed.
    pub passed: bool,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// A path that was put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Repair {
    /// In which round, from 1.
    pub round: u32,
    /// What was put back.
    pub path: String,
    /// The step that failed without it.
    pub step: String,
    /// The program that looked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// `missing`: the failing run looked for it; `bisecting`: found by halving what was removed.
    #[serde(default)]
    pub by: String,
}

/// A change of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Setting {
    /// The field, such as `config.User`.
    pub field: String,
    /// What it was.
    pub before: String,
    /// What it became.
    pub after: String,
    /// Why.
    pub why: String,
}

/// The controls that the result is meant to run under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Controls {
    /// Numeric user and group, `10001:10001`.
    pub user: String,
    /// Whether the root file system is read-only.
    pub read_only: bool,
    /// Capabilities that stay; all others are dropped.
    pub capabilities: Vec<Permission>,
    /// Places that are written.
    pub writable: Vec<Place>,
    /// Ports that are listened on, such as `8000/tcp`.
    pub ports: Vec<String>,
    /// System calls that were seen, by name.
    pub syscalls: Vec<String>,
    /// What the seccomp profile allows beyond them: `seen` (what every process needs) or `rules`.
    #[serde(default)]
    pub seccomp: String,
    /// How many system calls a profile of each breadth allows.
    #[serde(default)]
    pub allowed: BTreeMap<String, usize>,
}

/// A capability that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Permission {
    /// Its name, `CAP_NET_BIND_SERVICE`.
    pub name: String,
    /// The operations that need it.
    pub operations: Vec<String>,
}

/// A place that is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Place {
    /// The directory.
    pub path: String,
    /// What stands there: `tmpfs` (empty at each start), `tmpfs, exec` (code in it may be run), or `volume`.
    pub kind: String,
    /// What was written there, a few examples.
    pub evidence: Vec<String>,
}

/// What the person who decides should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Note {
    /// What it is about: `user`, `secrets`, …
    pub about: String,
    /// The remark.
    pub text: String,
}

/// When it ran, and how long each part took.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Run {
    /// When, RFC 3339 in UTC.
    pub date: String,
    /// Casehard's version.
    pub version: String,
    /// Each stage in order; stages that ran beside others overlap.
    pub stages: Vec<Stage>,
    /// How long each of the report's steps took, in their order.
    pub steps: Vec<Durations>,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Stage {
    /// Its name: `read`, `profile`, `plan`, …
    pub name: String,
    /// Wall time in microseconds.
    pub microseconds: u64,
    /// Of these, how long the application itself was run.
    pub application_microseconds: u64,
}

/// How long a step took, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Durations {
    /// On the original.
    pub original: u64,
    /// On the result.
    pub hardened: u64,
}

impl Report {
    /// What [`Report::schema`] says.
    pub const SCHEMA: &str = "casehard.report/1";

    /// How many checks ended with this status.
    #[must_use]
    pub fn checks_with(&self, status: &str) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }

    /// How many steps were held out from profiling.
    #[must_use]
    pub fn held_out(&self) -> usize {
        self.steps.iter().filter(|step| step.held_out).count()
    }
}

impl Step {
    /// Whether it passed on both images.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.original.passed && self.hardened.passed
    }
}

impl Step {
    /// The differences that say more than the reasons of its failure do.
    pub(crate) fn telling_differences(&self) -> impl Iterator<Item = &String> {
        let says_more = |difference: &&String| {
            !self.hardened.reasons.iter().any(|reason| difference.contains(reason.as_str()))
        };
        self.differences.iter().filter(says_more)
    }
}

impl Packages {
    /// How many packages there are in all.
    #[must_use]
    pub fn total(&self) -> Before<u64> {
        Before { before: self.count.before.values().sum(), after: self.count.after.values().sum() }
    }
}

impl Before<u64> {
    /// How much of it is gone, in percent; negative where it grew, 0 where there was nothing.
    #[must_use]
    pub fn reduction(&self) -> f64 {
        if self.before == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
        let (before, after) = (self.before as f64, self.after as f64);
        (1.0 - after / before) * 100.0
    }
}
