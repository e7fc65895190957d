//! Known vulnerabilities of both images, as `report.json` states them.

use serde::{Deserialize, Serialize};

#[cfg(test)]
use schemars::JsonSchema;

use casehard_harden::{
    Plan,
    why::{Answer, Line, why},
};

use crate::{Report, amount, shown};

/// A store older than this many days is said to be stale.
const STALE: i64 = 7;

/// Known vulnerabilities, and the data that this rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Advisories {
    /// The day the advisory data was gathered, `YYYY-MM-DD`.
    pub built: String,
    /// Its age in days when the images were scanned.
    pub age_days: i64,
    /// Whether it is the partial snapshot that comes with the program.
    pub partial: bool,
    /// Where the data is from.
    pub sources: Vec<Feed>,
    /// What was found in the original or in the result, the most pressing first.
    pub findings: Vec<Vulnerability>,
}

/// A source of advisories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Feed {
    /// Its name: `debian`, `ghsa`, …
    pub name: String,
    /// The day of its newest record, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// A vulnerability in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Vulnerability {
    /// Its id: the CVE where there is one.
    pub id: String,
    /// Its other ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// How bad it is: `critical`, `high`, `medium`, `low`, `negligible` or `unknown`.
    pub severity: String,
    /// The package's name.
    pub package: String,
    /// The package's version in the image.
    pub version: String,
    /// The package's URL.
    pub purl: String,
    /// The version that fixes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// `left`; `unused`: it is left, and no file of the package was used while the application was profiled;
    /// `component-not-present`: no file of the package is left; `code-not-present`: the package is listed, and no
    /// file of it that could be run or loaded is left; `not-found`: the result's scan does not find it.
    pub fate: String,
}

impl Advisories {
    /// The data in one line: of when, how old, how complete.
    #[must_use]
    pub fn said(&self) -> String {
        let stale = if self.age_days > STALE { ", stale" } else { "" };
        let partial = if self.partial { ", partial snapshot" } else { "" };
        let sources = amount::of(self.sources.len() as u64, "source", "sources");
        let age = amount::of(u64::try_from(self.age_days).unwrap_or_default(), "day", "days");
        format!("advisory data of {} ({age} old{stale}{partial}), {sources}", self.built)
    }

    /// How many went with their software, in one sentence; `None` if none did.
    #[must_use]
    pub fn gone(&self) -> Option<String> {
        let (component, code) = (self.count("component-not-present"), self.count("code-not-present"));
        (component + code > 0).then(|| {
            let only_code =
                if code == 0 { String::new() } else { format!(", {code} since no code of it is") };
            format!("{component} are gone since their package is{only_code}: vex.openvex.json states each")
        })
    }

    /// How many are left in what was not seen in use, in one sentence; `None` if none are.
    #[must_use]
    pub fn unused(&self) -> Option<String> {
        let unused = self.count("unused");
        (unused > 0).then(|| {
            format!(
                "{unused} are left in packages of which no file was used: vex-suggestions.openvex.json holds what you may \
                 state of them (`casehard vex accept`)"
            )
        })
    }

    fn count(&self, fate: &str) -> u64 {
        self.findings.iter().filter(|finding| finding.fate == fate).count() as u64
    }

    /// The findings that `id` names.
    pub fn named<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Vulnerability> {
        self.findings.iter().filter(move |finding| finding.answers_to(id))
    }
}

impl Vulnerability {
    /// Whether `id` names it.
    #[must_use]
    pub fn answers_to(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id) || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id))
    }

    /// What became of it, in words.
    #[must_use]
    pub fn fate_in_words(&self) -> &'static str {
        match self.fate.as_str() {
            "component-not-present" => "is gone: no file of its package is left",
            "code-not-present" => "is gone: its package has no file left that could be run or loaded",
            "not-found" => "is not found in the hardened image",
            "unused" => {
                "stays: its package does, though no file of it was used while the application was profiled"
            }
            _ => "stays: its package does",
        }
    }
}

impl Report {
    /// What became of the vulnerability that `id` names, in each package that has it, and of that package by `plan`.
    #[must_use]
    pub fn why(&self, id: &str, plan: &Plan) -> Vec<Answer> {
        let named = self.advisories.iter().flat_map(|advisories| advisories.named(id));
        named.map(|vulnerability| answer(vulnerability, plan)).collect()
    }
}

fn answer(vulnerability: &Vulnerability, plan: &Plan) -> Answer {
    let plain = |text: &str| shown::plain(text).to_string();
    let Vulnerability { id, severity, package, version, purl, fixed, .. } = vulnerability;
    let fix = match fixed {
        Some(version) => format!("fixed in {version}"),
        None => "no fix is published".to_owned(),
    };
    let mut because = vec![Line { depth: 0, text: plain(&format!("severity {severity}; {fix}")) }];
    for of_package in why(plan, None, purl) {
        because.push(Line { depth: 0, text: format!("{} {}", of_package.subject, of_package.fate) });
        let deeper = of_package.because.into_iter().map(|line| Line { depth: line.depth + 1, ..line });
        because.extend(deeper);
    }
    Answer {
        subject: plain(&format!("{id} in {package} {version}")),
        fate: vulnerability.fate_in_words().to_owned(),
        because,
    }
}
