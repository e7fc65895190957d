//! Gates: which findings make the answer no, which are set aside by rules, and what is new since an earlier scan.

mod foreign;

use crate::{
    advisory::FixState,
    date::days_between,
    finding::{Finding, Level, Origin, Scan, Suppressed},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// What fails a scan. Without any condition nothing does.
///
/// Conditions narrow each other: `fail_on: high` with `only_fixed` fails on findings that are high or worse *and* have a
/// fix. `kev` and `epss` are further grounds: what is exploited, or likely to be, fails whatever its severity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gate {
    /// Fail on this level or worse.
    pub fail_on: Option<Level>,
    /// Count only what has a fix to install.
    pub only_fixed: bool,
    /// Fail on what is known to be exploited.
    pub kev: bool,
    /// Fail on an EPSS probability of at least this.
    pub epss: Option<f32>,
    /// Count only what the application brought, or only what the base did.
    pub origin: Option<Origin>,
    /// Count only what was seen in use; needs a profile.
    pub only_used: bool,
    /// Fail on whatever could not be seen.
    pub fail_on_blind: bool,
}

/// Why a scan fails: the finding's place in [`Scan::findings`], and the condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The finding; absent for what could not be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<usize>,
    /// The condition that it meets, in words.
    pub because: String,
}

/// A rule that sets findings aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IgnoreRule {
    /// The vulnerability, by any of its ids.
    pub id: String,
    /// Only in this package, by name or by package URL without version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Only while no fix can be installed.
    #[serde(default)]
    pub until_fixed: bool,
    /// Why.
    pub reason: String,
    /// The last day it holds, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// Why a file of ignore rules could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// It is neither YAML nor JSON.
    #[error("read the ignore rules {name}: it is neither YAML nor JSON")]
    Syntax {
        /// The file.
        name: String,
    },
    /// A rule of another tool says more than can be kept to.
    #[error("read the ignore rules {name}: rule {number}: it narrows in a way that is not known here")]
    Foreign {
        /// The file.
        name: String,
        /// The rule, from 1.
        number: usize,
    },
    /// A rule is incomplete, or has fields that rules do not have.
    #[error("read the ignore rules {name}: rule {number}: {source}")]
    Rule {
        /// The file.
        name: String,
        /// The rule, from 1.
        number: usize,
        /// The cause.
        source: serde_json::Error,
    },
}

/// Reads ignore rules: a list under `ignore`, in YAML or JSON. Each has `id` and `reason`, and may have `package`,
/// `until-fixed` and `expires`. The forms of Trivy (`.trivyignore`, and `vulnerabilities` in YAML) and of Grype (`ignore`
/// with `vulnerability`) are read, too; there a reason may be missing.
///
/// # Errors
/// If the file or a rule cannot be read; a rule of our own form without a reason is none.
pub fn read_rules(name: &str, text: &str) -> Result<Vec<IgnoreRule>, RulesError> {
    if let Some(rules) = foreign::lines(text) {
        return Ok(rules);
    }
    let document =
        crate::import::read_yaml(text).ok_or_else(|| RulesError::Syntax { name: name.to_owned() })?;
    if let Some(rules) = foreign::trivy(&document).or_else(|| foreign::grype(&document)) {
        return rules.map_err(|number| RulesError::Foreign { name: name.to_owned(), number });
    }
    let rules = document
        .get("ignore")
        .and_then(Value::as_array)
        .ok_or_else(|| RulesError::Syntax { name: name.to_owned() })?;
    let rule = |(at, rule): (usize, &Value)| {
        let mut rule = rule.clone();
        // Every scalar is text when it was read.
        if let Some(flag) = rule.get_mut("until-fixed")
            && let Some(word) = flag.as_str().and_then(|word| word.parse::<bool>().ok())
        {
            *flag = Value::Bool(word);
        }
        serde_json::from_value(rule).map_err(|source| RulesError::Rule {
            name: name.to_owned(),
            number: at + 1,
            source,
        })
    };
    rules.iter().enumerate().map(rule).collect()
}

/// Judges a scan: what fails it, in the order of its findings. Empty if the answer is yes.
#[must_use]
pub fn judge(scan: &Scan, gate: &Gate) -> Vec<Failure> {
    let mut failures: Vec<Failure> = scan
        .findings
        .iter()
        .enumerate()
        .filter_map(|(at, finding)| Some(Failure { finding: Some(at), because: ground(finding, gate)? }))
        .collect();
    if gate.fail_on_blind {
        failures.extend(scan.blind.iter().map(|line| Failure { finding: None, because: line.clone() }));
    }
    failures
}

fn ground(finding: &Finding, gate: &Gate) -> Option<String> {
    let counts = (!gate.only_fixed || finding.fix.version.is_some())
        && gate.origin.is_none_or(|origin| {
            finding.package.origin == origin || finding.package.origin == Origin::Unknown
        })
        && (!gate.only_used || finding.usage.as_ref().is_none_or(|usage| usage.used));
    if !counts {
        return None;
    }
    if gate.kev && finding.kev.is_some() {
        return Some("it is known to be exploited".to_owned());
    }
    if let (Some(least), Some(likelihood)) = (gate.epss, finding.epss)
        && likelihood.epss >= least
    {
        return Some(format!("its EPSS probability {:.3} is at least {least}", likelihood.epss));
    }
    let level = gate.fail_on.filter(|level| finding.severity >= *level)?;
    Some(format!("its severity {} is at least {}", finding.severity.as_str(), level.as_str()))
}

/// Moves what `rules` set aside to [`Scan::suppressed`]. Rules that have expired on the day `today`, or match nothing, are
/// named in [`Scan::unmatched`] and set nothing aside.
pub fn ignore(scan: &mut Scan, rules: &[IgnoreRule], today: &str) {
    let mut met = vec![false; rules.len()];
    let expired = |rule: &IgnoreRule| {
        // A date that cannot be read is no licence to ignore for ever.
        rule.expires
            .as_deref()
            .is_some_and(|expires| days_between(expires, today).is_none_or(|days| days > 0))
    };
    let mut kept = Vec::with_capacity(scan.findings.len());
    for finding in std::mem::take(&mut scan.findings) {
        let rule = rules.iter().enumerate().find(|(_, rule)| !expired(rule) && applies(rule, &finding));
        match rule {
            None => kept.push(finding),
            Some((at, rule)) => {
                met[at] = true;
                let until = rule.expires.as_ref().map(|day| format!(" (until {day})")).unwrap_or_default();
                let reason = format!("{}{until}", rule.reason);
                scan.suppressed.push(Suppressed { finding, by: "ignore-rule".to_owned(), reason });
            }
        }
    }
    scan.findings = kept;
    for (rule, met) in rules.iter().zip(met) {
        if expired(rule) {
            let day = rule.expires.as_deref().unwrap_or_default();
            scan.unmatched.push(format!("ignore rule: {} expired on {day} and is not applied", rule.id));
        } else if !met {
            scan.unmatched.push(format!("ignore rule: {} matches no finding", rule.id));
        }
    }
}

fn applies(rule: &IgnoreRule, finding: &Finding) -> bool {
    let package = rule.package.as_deref().is_none_or(|package| {
        let bare = finding.package.purl.split(['@', '?']).next().unwrap_or_default();
        package == finding.package.name
            || package == finding.package.purl
            || (!bare.is_empty() && package == bare)
    });
    package && finding.answers_to(&rule.id) && !(rule.until_fixed && finding.fix.state == FixState::Fixed)
}

/// Moves findings in packages that `origin` brought to [`Scan::suppressed`]: `--base-image` leaves out, or shows only, the
/// base's.
pub fn leave_out(scan: &mut Scan, origin: Origin) {
    let (out, kept) =
        std::mem::take(&mut scan.findings).into_iter().partition(|finding| finding.package.origin == origin);
    scan.findings = kept;
    let reason = match origin {
        Origin::Base => "the base image brought it",
        Origin::Application => "the application brought it",
        Origin::Unknown => "who brought it is not known",
    };
    let out: Vec<Finding> = out;
    scan.suppressed.extend(out.into_iter().map(|finding| Suppressed {
        finding,
        by: "base-image".to_owned(),
        reason: reason.to_owned(),
    }));
}

/// Moves what has no fix to install to [`Scan::suppressed`].
pub fn leave_out_unfixed(scan: &mut Scan) {
    let (kept, out): (Vec<Finding>, Vec<Finding>) =
        std::mem::take(&mut scan.findings).into_iter().partition(|finding| finding.fix.version.is_some());
    scan.findings = kept;
    scan.suppressed.extend(out.into_iter().map(|finding| Suppressed {
        finding,
        reason: "no fix can be installed".to_owned(),
        by: "only-fixed".to_owned(),
    }));
}

/// What changed between two scans.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Findings that the earlier scan did not have.
    pub new: Vec<Finding>,
    /// Findings that the later scan does not have.
    pub gone: Vec<Finding>,
    /// The number of findings that both have.
    pub same: usize,
}

/// Compares two scans. A finding is the same if its vulnerability and its package are, whatever the package's version.
#[must_use]
pub fn compare(earlier: &Scan, later: &Scan) -> Comparison {
    let key = |finding: &Finding| {
        let package = finding.package.purl.split(['@', '?']).next().unwrap_or_default();
        (
            finding.id.clone(),
            if package.is_empty() { finding.package.name.clone() } else { package.to_owned() },
        )
    };
    let keys = |scan: &Scan| -> BTreeSet<_> { scan.findings.iter().map(key).collect() };
    let (before, after) = (keys(earlier), keys(later));
    let only = |scan: &Scan, other: &BTreeSet<_>| {
        scan.findings.iter().filter(|finding| !other.contains(&key(finding))).cloned().collect()
    };
    Comparison {
        new: only(later, &before),
        gone: only(earlier, &after),
        same: before.intersection(&after).count(),
    }
}
