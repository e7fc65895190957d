//! What a check reports: [`Rule`] metadata, [`Severity`], [`Location`], [`Finding`], and the [`Fix`] it proposes.
//!
//! This crate knows no rule and judges nothing; `casehard-rules` holds the checks and `casehard-vuln` the matchers.

mod fix;
mod location;
mod rule;

pub use fix::{Edit, Fix, Safety};
pub use location::{Location, Span};
pub use rule::{Rule, Severity, Subject};

use serde::{Deserialize, Serialize};

/// One thing that is wrong in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the rule, such as `root-user`.
    pub rule: String,
    /// How bad it is here.
    pub severity: Severity,
    /// What is wrong, in one sentence that names the thing; safe to show on a terminal.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What shows it: the line, the value, the mode bits. Never a secret's value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What would mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}
