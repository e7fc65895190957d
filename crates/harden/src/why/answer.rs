//! Which part of a plan a question is about.

use casehard_oci::RootPath;
use casehard_profile::Profile;
use serde::Serialize;

use super::{package, path, permission};
use crate::Plan;

/// What a plan says of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The thing, escaped: a path, `deb openssl 3.0.17`, `CAP_NET_BIND_SERVICE`.
    pub subject: String,
    /// What becomes of it: `stays`, `was removed`, …
    pub fate: String,
    /// Why, each line an argument for the nearest line above it that stands further left.
    pub because: Vec<Line>,
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// How far from the thing that was asked about, from 0.
    pub depth: usize,
    /// The sentence, escaped.
    pub text: String,
}

impl Answer {
    pub(super) fn new(subject: impl Into<String>, fate: impl Into<String>) -> Self {
        Self { subject: subject.into(), fate: fate.into(), because: Vec::new() }
    }

    pub(super) fn push(&mut self, depth: usize, text: impl Into<String>) {
        self.because.push(Line { depth, text: text.into() });
    }
}

/// What `plan` says of `about`: a path (from its `/`), a package (name, `kind/name` or package URL), a capability, a
/// port (`80` or `80/tcp`), a system call, `user`, `read-only-root` or a field of the configuration; with the evidence
/// that the profile it was made from has, when that is at hand. Several answers where a name means
/// several things, none where the plan knows nothing of it.
#[must_use]
pub fn why(plan: &Plan, profile: Option<&Profile>, about: &str) -> Vec<Answer> {
    if about.starts_with('/') {
        let parsed = about.parse().or_else(|_| RootPath::parse(about.as_bytes()));
        return parsed.ok().and_then(|asked| path::why(plan, &asked)).into_iter().collect();
    }
    let mut answers = package::why(plan, about);
    answers.extend(permission::why(plan, profile, about));
    answers
}
