//! The forms a report can have.

use std::str::FromStr;

use casehard_harden::Plan;

use crate::{Report, github, html, json, junit, markdown, sarif, text};

/// A form that a report can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// For people on a terminal.
    #[default]
    Text,
    /// `report.json`.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// One page for a browser.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for CI systems.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("format {0:?} is none of text, json, markdown, html, sarif, junit and github")]
pub struct FormatError(String);

impl Format {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Text, Self::Json, Self::Markdown, Self::Html, Self::Sarif, Self::Junit, Self::Github];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
        }
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| FormatError(text.to_owned()))
    }
}

/// The report in a format. The text is for a terminal of that many columns and has colours; HTML tells of paths when
/// there is a plan.
#[must_use]
pub fn render(report: &Report, plan: Option<&Plan>, format: Format, columns: usize) -> String {
    match format {
        Format::Text => text(report, columns),
        Format::Json => json(report),
        Format::Markdown => markdown(report),
        Format::Html => html(report, plan),
        Format::Sarif => sarif(report),
        Format::Junit => junit(report),
        Format::Github => github(report),
    }
}
