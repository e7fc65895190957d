//! `report.json` as bytes.

use crate::{Report, shown};

/// Why bytes are not a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// They are no JSON, or lack a field.
    #[error("parse the report: {0}")]
    Parse(#[from] serde_json::Error),
    /// They are another document.
    #[error("read the report: its schema is {found:?} (expected {})", Report::SCHEMA)]
    Schema {
        /// What it says it is.
        found: String,
    },
}

/// The report as JSON, indented, with a newline at its end. What a terminal would obey is escaped.
#[must_use]
pub fn json(report: &Report) -> String {
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    let mut text = shown::json_text(&text).into_owned();
    text.push('\n');
    text
}

/// Reads what [`json`] wrote; fields of later versions are passed over.
///
/// # Errors
/// When the bytes are no report of version 1.
pub fn parse(bytes: &[u8]) -> Result<Report, ReportError> {
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(default)]
        schema: String,
    }
    let head: Head = serde_json::from_slice(bytes)?;
    if head.schema != Report::SCHEMA {
        return Err(ReportError::Schema { found: head.schema });
    }
    Ok(serde_json::from_slice(bytes)?)
}
