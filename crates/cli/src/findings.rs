//! How findings are shown, as arguments name it; they are drawn by `casehard-report`.

use casehard_finding::Severity;

pub use casehard_report::findings::{Shown, severity_name};

/// How to show findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// With the lines, for people
    Text,
    /// Casehard's own JSON
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab code quality
    Gitlab,
    /// JUnit XML
    Junit,
    /// Checkstyle XML
    Checkstyle,
    /// A table for a comment
    Markdown,
}

/// Findings in a format.
pub fn render(format: Format, shown: &[Shown<'_>]) -> String {
    use casehard_report::findings::Format as Drawn;
    let format = match format {
        Format::Text => Drawn::Text,
        Format::Json => Drawn::Json,
        Format::Sarif => Drawn::Sarif,
        Format::Github => Drawn::Github,
        Format::Gitlab => Drawn::Gitlab,
        Format::Junit => Drawn::Junit,
        Format::Checkstyle => Drawn::Checkstyle,
        Format::Markdown => Drawn::Markdown,
    };
    casehard_report::findings::render(format, shown)
}

/// The least severity that makes the answer no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Threshold {
    Info,
    Low,
    Medium,
    High,
    Critical,
    /// The answer is always good
    Never,
}

impl From<Severity> for Threshold {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
            Severity::Critical => Self::Critical,
        }
    }
}

impl Threshold {
    /// Whether a finding of that severity makes the answer no.
    pub fn fails(self, severity: Severity) -> bool {
        self != Self::Never && (Self::from(severity) as u8) >= (self as u8)
    }
}
