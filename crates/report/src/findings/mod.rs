//! What `lint` and `audit` find, as text and as the formats of other programs.

mod json;
mod lists;
mod sarif;
mod text;

use std::borrow::Cow;

use casehard_finding::{Finding, Location, Severity, Span};

/// How to show findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With the lines, for people.
    Text,
    /// Casehard's own JSON.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab code quality.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// Checkstyle XML.
    Checkstyle,
    /// A table for a comment.
    Markdown,
}

/// A file with its findings. For an image the text is empty.
#[derive(Debug)]
pub struct Shown<'a> {
    /// Its name.
    pub file: &'a str,
    /// Its text.
    pub text: Cow<'a, str>,
    /// What is wrong with it.
    pub findings: &'a [Finding],
}

/// Findings in a format.
#[must_use]
pub fn render(format: Format, shown: &[Shown<'_>]) -> String {
    match format {
        Format::Text => text::render(shown),
        Format::Json => json::render(shown),
        Format::Sarif => sarif::render(shown),
        Format::Github => lists::github(shown),
        Format::Gitlab => lists::gitlab(shown),
        Format::Junit => lists::junit(shown),
        Format::Checkstyle => lists::checkstyle(shown),
        Format::Markdown => lists::markdown(shown),
    }
}

/// The name of a severity.
#[must_use]
pub const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// The place in the file, when there is one.
fn span(finding: &Finding) -> Option<Span> {
    match &finding.location {
        Location::File { span, .. } => Some(*span),
        _ => None,
    }
}

/// The place as people read it.
#[must_use]
pub fn place(file: &str, finding: &Finding) -> String {
    match &finding.location {
        Location::File { span, .. } => format!("{file}:{}:{}", span.line, span.column),
        Location::Path { path, layer: Some(layer) } => format!("{path} (layer {layer})"),
        Location::Path { path, layer: None } => path.to_string(),
        Location::Config { field } => field.clone(),
        Location::History { entry } => format!("history entry {entry}"),
        Location::Package { purl } => purl.clone(),
        _ => file.to_owned(),
    }
}
