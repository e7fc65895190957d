//! Metadata of a rule.

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A remark.
    Info,
    /// Worth mending.
    Low,
    /// A weakness.
    Medium,
    /// An open door.
    High,
    /// An open door that is in use.
    Critical,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Subject {
    /// A Dockerfile.
    Dockerfile,
    /// A `.dockerignore` file.
    Dockerignore,
    /// A Compose file.
    Compose,
    /// A Kubernetes manifest.
    Kubernetes,
    /// A built image.
    Image,
}

/// A check, as people configure and read about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which reads after the word "allow": `root-user`.
    pub name: &'static str,
    /// What it looks at.
    pub subject: Subject,
    /// How bad a finding is by default.
    pub severity: Severity,
    /// One line of what it finds.
    pub summary: &'static str,
    /// The codes of other tools for the same thing: `hadolint:DL3002`, `cis:4.1`.
    pub also: &'static [&'static str],
    /// Whether it runs without being asked for. What is opinion does not.
    pub default_on: bool,
    /// Its page in Markdown.
    pub page: &'static str,
}

impl Rule {
    /// Whether `code` names this rule: its own name, another tool's code with its tool (`hadolint:DL3002`,
    /// `hadolint/DL3002`) or without.
    #[must_use]
    pub fn answers_to(&self, code: &str) -> bool {
        self.name == code
            || self.also.iter().any(|also| {
                also.split_once(':').is_some_and(|(tool, bare)| {
                    let rest = code.strip_prefix(tool).and_then(|rest| rest.strip_prefix([':', '/']));
                    bare.eq_ignore_ascii_case(rest.unwrap_or(code)) || also.eq_ignore_ascii_case(code)
                })
            })
    }
}
