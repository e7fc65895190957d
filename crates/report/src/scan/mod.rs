//! A scan for vulnerabilities, drawn in every way. What could not be seen stands in each of them.

mod github;
mod gitlab;
mod junit;
mod markdown;
mod sarif;
mod table;

use casehard_vuln::{Assessment, Finding, Level, advisory::FixState, vex::cyclonedx};
use serde::Serialize;

use crate::shown;

pub use table::explain;

/// A form that a scan can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum ScanFormat {
    /// Columns for people.
    #[default]
    Table,
    /// Everything, in Casehard's own JSON.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// CycloneDX 1.6 with vulnerabilities.
    CycloneDx,
    /// JUnit XML: a finding that makes the answer no is a failure.
    Junit,
    /// GitLab's container scanning report.
    Gitlab,
    /// Annotations of GitHub Actions.
    Github,
    /// For a comment on a pull request.
    Markdown,
}

/// A scan in a form. `timestamp` is when, RFC 3339 in UTC.
#[must_use]
pub fn scan(assessment: &Assessment, format: ScanFormat, timestamp: &str) -> String {
    match format {
        ScanFormat::Table => table::table(&assessment.scan),
        ScanFormat::Json => json(assessment),
        ScanFormat::Sarif => json(&sarif::document(assessment)),
        ScanFormat::CycloneDx => json(&cyclonedx(&assessment.scan, timestamp)),
        ScanFormat::Junit => junit::document(assessment, timestamp),
        ScanFormat::Gitlab => json(&gitlab::document(assessment, timestamp)),
        ScanFormat::Github => github::annotations(assessment),
        ScanFormat::Markdown => markdown::table(assessment),
    }
}

fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    shown::json_text(&text).into_owned() + "\n"
}

/// Where the fix is, or why there is none.
fn fix(finding: &Finding) -> String {
    match (&finding.fix.version, finding.fix.state) {
        (Some(version), _) => format!("fixed in {version}"),
        (None, FixState::WillNotFix) => "will not be fixed".to_owned(),
        (None, FixState::Deferred) => "the fix is deferred".to_owned(),
        (None, FixState::EndOfLife) => "no fix: the end of its life".to_owned(),
        (None, FixState::UnderInvestigation) => "under investigation".to_owned(),
        (None, _) => "no fix is published".to_owned(),
    }
}

/// One line that says what is wrong.
fn sentence(finding: &Finding) -> String {
    let package = &finding.package;
    let exploited = if finding.kev.is_some() { ", known to be exploited" } else { "" };
    let used = match &finding.usage {
        Some(usage) if usage.used => ", in use",
        Some(_) => ", not seen in use",
        None => "",
    };
    let severity = finding.severity.as_str();
    format!(
        "{} {}: {} ({severity}{exploited}{used}); {}",
        package.name,
        package.version,
        finding.id,
        fix(finding)
    )
}

/// Where it is: the package's first file, else its URL, else its name.
fn place(finding: &Finding) -> &str {
    let package = &finding.package;
    let named = if package.purl.is_empty() { package.name.as_str() } else { package.purl.as_str() };
    package.files.first().map_or(named, String::as_str)
}

/// The page that tells most of an id.
fn link(finding: &Finding) -> Option<String> {
    let known = finding.links.first().cloned();
    known.or_else(|| {
        finding.id.starts_with("CVE-").then(|| format!("https://nvd.nist.gov/vuln/detail/{}", finding.id))
    })
}

/// How CI systems that know three levels show it.
fn level(severity: Level) -> &'static str {
    match severity {
        Level::Critical | Level::High => "error",
        Level::Medium | Level::Unknown => "warning",
        Level::Low | Level::Negligible => "note",
    }
}
