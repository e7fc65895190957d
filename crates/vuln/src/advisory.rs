//! What advisories say, as importers write it and the store holds it.

use crate::range::Interval;
use serde::{Deserialize, Serialize};

/// What a source says about a package and a vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FixState {
    /// A fixed version is there.
    Fixed,
    /// Affected, and no fixed version is known.
    Affected,
    /// Affected, and the distributor decided not to fix it.
    WillNotFix,
    /// Affected, and the fix was put off.
    Deferred,
    /// Affected, and no longer supported.
    EndOfLife,
    /// Not decided yet.
    UnderInvestigation,
    /// Stated not to be affected.
    NotAffected,
}

impl FixState {
    /// All, in the order of their numbers in the store.
    pub(crate) const ALL: [Self; 7] = [
        Self::Fixed,
        Self::Affected,
        Self::WillNotFix,
        Self::Deferred,
        Self::EndOfLife,
        Self::UnderInvestigation,
        Self::NotAffected,
    ];
}

/// What kind of trouble an advisory is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Class {
    /// A vulnerability.
    #[default]
    Vulnerability,
    /// A notice: unmaintained, unsound, deprecated.
    Notice,
    /// A package that is malicious by intent.
    Malware,
}

impl Class {
    /// All, in the order of their numbers in the store.
    pub(crate) const ALL: [Self; 3] = [Self::Vulnerability, Self::Notice, Self::Malware];
}

/// Affected versions, and the version that mends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Affected<S = String> {
    /// The affected versions.
    pub interval: Interval<S>,
    /// The first version after them that is not affected, if there is one.
    pub fixed: Option<S>,
}

/// One statement: this package is, or is not, affected by that vulnerability.
///
/// A row without ranges and versions affects nothing, except that with a state other than [`FixState::NotAffected`] and
/// [`Row::every_version`] it affects all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row<S = String> {
    /// The vulnerability's id, as the source names it.
    pub id: S,
    /// The source that says so: an index into the store's sources.
    pub source: u16,
    /// The state of its fix.
    pub state: FixState,
    /// The class of the advisory.
    pub class: Class,
    /// Affected versions, as ranges.
    pub ranges: Vec<Affected<S>>,
    /// Affected versions, one by one.
    pub versions: Vec<S>,
    /// The source's word for how bad it is for this package.
    pub urgency: Option<S>,
    /// The advisory under which a fix was released: `DSA-5343-1`, `ALSA-2024:1234`.
    pub advisory: Option<S>,
    /// The source's reason for the state, or a condition that a person must judge.
    pub note: Option<S>,
    /// The platform the row is confined to: an RPM module (`module:stream`), or a CPE of the product.
    pub platform: Option<S>,
    /// Functions that are vulnerable, where the source knows (Go: `package.Function`).
    pub symbols: Vec<S>,
}

impl Row {
    /// A row that says nothing yet.
    #[must_use]
    pub fn new(id: impl Into<String>, source: u16, state: FixState) -> Self {
        Self {
            id: id.into(),
            source,
            state,
            class: Class::default(),
            ranges: Vec::new(),
            versions: Vec::new(),
            urgency: None,
            advisory: None,
            note: None,
            platform: None,
            symbols: Vec::new(),
        }
    }

    /// The same, affecting the versions before `version`, which mends it.
    #[must_use]
    pub fn fixed_in(mut self, version: &str) -> Self {
        self.ranges.push(Affected {
            interval: Interval::below(version.to_owned()),
            fixed: Some(version.to_owned()),
        });
        self
    }

    /// The same, affecting every version.
    #[must_use]
    pub fn every_version(mut self) -> Self {
        self.ranges.push(Affected { interval: Interval::ALL, fixed: None });
        self
    }
}

impl Row<&str> {
    /// The row with text of its own.
    #[must_use]
    pub fn to_owned(&self) -> Row {
        let own = |text: &Option<&str>| text.map(str::to_owned);
        let bound = |bound: &Option<crate::range::Bound<&str>>| {
            bound.map(|bound| crate::range::Bound {
                version: bound.version.to_owned(),
                inclusive: bound.inclusive,
            })
        };
        Row {
            id: self.id.to_owned(),
            source: self.source,
            state: self.state,
            class: self.class,
            ranges: self
                .ranges
                .iter()
                .map(|range| Affected {
                    interval: Interval { low: bound(&range.interval.low), high: bound(&range.interval.high) },
                    fixed: own(&range.fixed),
                })
                .collect(),
            versions: self.versions.iter().map(|&text| text.to_owned()).collect(),
            urgency: own(&self.urgency),
            advisory: own(&self.advisory),
            note: own(&self.note),
            platform: own(&self.platform),
            symbols: self.symbols.iter().map(|&text| text.to_owned()).collect(),
        }
    }
}

/// How a source rates a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rating<S = String> {
    /// The source: an index into the store's sources.
    pub source: u16,
    /// Who scored it, where that is not the source itself: a CNA, CISA.
    pub by: Option<S>,
    /// A CVSS vector of any version, or the source's word.
    pub value: S,
}

/// What is known about one id, whoever says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record<S = String> {
    /// Other ids of the same vulnerability.
    pub aliases: Vec<S>,
    /// What it is, in a line or two.
    pub summary: Option<S>,
    /// When it was published: the date, `YYYY-MM-DD`.
    pub published: Option<S>,
    /// Whether it was withdrawn or rejected.
    pub withdrawn: bool,
    /// All ratings.
    pub ratings: Vec<Rating<S>>,
    /// Weaknesses: `CWE-79`.
    pub weaknesses: Vec<S>,
    /// Where to read on.
    pub links: Vec<S>,
}

/// An entry of CISA's catalog of known exploited vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exploited {
    /// The day it was added, `YYYY-MM-DD`.
    pub added: String,
    /// The day by which US agencies must act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

/// FIRST's estimate that a vulnerability will be exploited within 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Likelihood {
    /// The probability, from 0 to 1.
    pub epss: f32,
    /// The share of vulnerabilities rated at or below it, from 0 to 1.
    pub percentile: f32,
}

/// A release cycle of a product, and when its support ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// The cycle: `3.12`, `12`.
    pub cycle: String,
    /// When it ends or ended: a date, or `ended` or `supported` where the source states no date.
    pub end: String,
    /// Its newest release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
}

/// Where data came from, and in which state it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its short name: `debian`, `ghsa`, `nvd`.
    pub name: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where it is published.
    pub url: String,
    /// Its licence, and the attribution it asks for.
    pub licence: String,
    /// The date of the data, as far as the data tells: `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The day it was imported, when that is not the day the store was built: a store may carry older parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<String>,
    /// The number of records read.
    pub records: u64,
    /// The number of records that could not be read or do not concern us.
    pub skipped: u64,
    /// What is known to be missing or wrong: a partial copy, a failed update.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
}
