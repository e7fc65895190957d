//! The result of a scan. Its JSON form is public: fields are added, never renamed, and [`SCHEMA`] changes if they must be.

use crate::advisory::{Class, Exploited, FixState, Likelihood, Source};
use serde::{Deserialize, Serialize};

/// The name of the JSON form.
pub const SCHEMA: &str = "casehard.scan/1";

/// How bad a vulnerability is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nobody has said. This is no low.
    #[default]
    Unknown,
    /// Of no consequence in practice (Debian's `unimportant`, Ubuntu's `negligible`).
    Negligible,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Level {
    /// Every level, from the least.
    pub const ALL: [Self; 6] =
        [Self::Unknown, Self::Negligible, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(name))
    }
}

/// One vulnerability in one package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id: the CVE where there is one.
    pub id: String,
    /// Its other ids, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// A vulnerability, a notice, or malware.
    pub class: Class,
    /// The package.
    pub package: PackageRef,
    /// The chosen severity.
    pub severity: Level,
    /// Why that one was chosen.
    pub severity_reason: String,
    /// What each source says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
    /// The state of the fix, and where it is.
    pub fix: Fix,
    /// The entry in CISA's catalog, if it is known to be exploited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kev: Option<Exploited>,
    /// How likely it is to be exploited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss: Option<Likelihood>,
    /// Weaknesses: `CWE-79`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwes: Vec<String>,
    /// From 0 to 100: how likely times how bad. Findings are sorted by it.
    pub risk: f64,
    /// What it is, in a line or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When it was published, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Where to read on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Why the package is held to be affected.
    pub evidence: Vec<Evidence>,
    /// Functions that are vulnerable, where a source names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<String>,
    /// Whether the package was seen in use; absent without a profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// The package a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PackageRef {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its package URL.
    pub purl: String,
    /// The name space that was searched: `Debian:12`, `PyPI`.
    pub ecosystem: String,
    /// The source package it was built from, if that has another name or version: `name version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its files, as far as they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The layer that brought it, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// Whether the base image or the application brought it.
    #[serde(default)]
    pub origin: Origin,
}

/// Who brought a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Not known.
    #[default]
    Unknown,
    /// The base image.
    Base,
    /// What was put on it.
    Application,
}

/// What one source says about the severity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Severity {
    /// The source, and who scored it where that is someone else: `nvd`, `cisa:CISA-ADP`.
    pub source: String,
    /// The level.
    pub level: Level,
    /// The score, from 0 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The CVSS vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
    /// The source's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
}

/// The state of a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The state.
    pub state: FixState,
    /// The lowest version above the installed one that no source holds to be affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Every fixed version above the installed one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Advisories that release the fix: `DSA-5343-1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<String>,
    /// The source's reason for the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One reason why a package is held to be affected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// The source that says so.
    pub source: String,
    /// How the package was found there.
    pub by: MatchedBy,
    /// The name it was found under: `Debian:12/openssl`.
    pub name: String,
    /// The id there.
    pub id: String,
    /// The version that was compared.
    pub version: String,
    /// The affected versions that hold it.
    pub affected: String,
}

/// How a package was found in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchedBy {
    /// By the distribution's own source package.
    SourcePackage,
    /// By the distribution's binary package.
    BinaryPackage,
    /// By the package's name in its language's registry.
    Registry,
    /// By the program's own project.
    Project,
    /// By CPE, for a program found by what stands in its file. Less certain than the others.
    Cpe,
}

/// Whether a package was seen in use while the image was profiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Whether any of its files was used.
    pub used: bool,
    /// Which.
    pub files: Vec<String>,
}

/// A finding that is not counted, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// What silences it: `vex`, `ignore-rule`, `owner`, `base-image`.
    pub by: String,
    /// The statement or rule, and its reason.
    pub reason: String,
}

/// The result of a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// The name of the JSON form: [`SCHEMA`].
    pub schema: String,
    /// What was scanned, as the caller names it.
    pub subject: String,
    /// The distribution, if one was recognised: `Debian:12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// When its support ends or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// The number of packages that were looked up.
    pub packages: usize,
    /// What was found, the most pressing first.
    pub findings: Vec<Finding>,
    /// What was found and is not counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Suppressed>,
    /// What could not be seen. While this is not empty nothing is clean.
    pub blind: Vec<String>,
    /// The data the scan rests on.
    pub store: StoreState,
    /// VEX statements and ignore rules that matched nothing, or have expired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<String>,
}

/// When the support of a distribution ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// The product, as endoflife.date names it.
    pub product: String,
    /// The release.
    pub cycle: String,
    /// The date, or `ended` or `supported`.
    pub end: String,
    /// Whether it has ended on the day of the scan.
    pub ended: bool,
}

/// The advisory data a scan rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreState {
    /// The day the store was built.
    pub built: String,
    /// Its age in days on the day of the scan.
    pub age_days: i64,
    /// Whether it is the snapshot that comes with the program.
    pub snapshot: bool,
    /// Where its data came from.
    pub sources: Vec<Source>,
}

impl Scan {
    /// The number of findings of each level, from the least to the most severe.
    #[must_use]
    pub fn counts(&self) -> [(Level, usize); 6] {
        Level::ALL
            .map(|level| (level, self.findings.iter().filter(|finding| finding.severity == level).count()))
    }

    /// Whether nothing was found and nothing could have been missed for want of data.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.blind.is_empty()
    }
}

impl Finding {
    /// Whether `id` names this vulnerability.
    #[must_use]
    pub fn answers_to(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id) || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id))
    }

    /// Why this was found, rated and ranked as it is: one statement on each line.
    #[must_use]
    pub fn explain(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for evidence in &self.evidence {
            let how = match evidence.by {
                MatchedBy::SourcePackage => "its source package",
                MatchedBy::BinaryPackage => "the package",
                MatchedBy::Registry => "the package",
                MatchedBy::Project => "the program's project",
                MatchedBy::Cpe => "a CPE (less certain)",
            };
            lines.push(format!(
                "{} says {} affects {} {}: version {} is within {}",
                evidence.source, evidence.id, how, evidence.name, evidence.version, evidence.affected
            ));
        }
        lines.push(format!("severity {}: {}", self.severity.as_str(), self.severity_reason));
        for severity in &self.severities {
            let parts = [
                severity.word.clone(),
                severity.score.map(|score| format!("{score:.1}")),
                severity.vector.clone(),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            lines.push(format!("  {}: {} ({})", severity.source, severity.level.as_str(), parts.join(", ")));
        }
        lines.push(match &self.fix.version {
            Some(version) => format!("fixed in {version}"),
            None => format!("no fix to install: {}", self.fix.note.as_deref().unwrap_or("none is published")),
        });
        if let Some(kev) = &self.kev {
            lines.push(format!(
                "known to be exploited since {}{}",
                kev.added,
                if kev.ransomware { ", by ransomware too" } else { "" }
            ));
        }
        if let Some(epss) = &self.epss {
            lines.push(format!(
                "EPSS {:.3}: more likely to be exploited than {:.1} % of all",
                epss.epss,
                epss.percentile * 100.0
            ));
        }
        lines.push(format!("risk {:.1} of 100", self.risk));
        if let Some(usage) = &self.usage {
            lines.push(if usage.used {
                format!("in use: {}", usage.files.join(", "))
            } else {
                "not seen in use".to_owned()
            });
        }
        lines
    }
}
