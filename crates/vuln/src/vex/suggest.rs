//! Suggestions: what may not be affected, since nothing of it was seen in use. They silence nothing until a person has
//! accepted them, for a program that did not run while somebody watched may run tomorrow.

use super::write::{Authorship, document, products, vulnerability};
use crate::{advisory::Class, finding::Scan};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a suggestion's notes begin with: what a person states who accepts it.
pub(super) const MARK: &str =
    "Suggestion, not accepted yet: not_affected, vulnerable_code_not_in_execute_path. ";

/// A finding in a package of which no file was used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suggestion {
    /// The vulnerability's id.
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// The package URL of the package.
    pub purl: String,
    /// The package's name and version.
    pub package: String,
}

/// The findings whose package has files, of which a profile saw none in use ([`crate::Usages::mark`]).
#[must_use]
pub fn suggestions(scan: &Scan) -> Vec<Suggestion> {
    let unused = |usage: &crate::finding::Usage| !usage.used;
    let findings = scan.findings.iter().filter(|finding| finding.class == Class::Vulnerability);
    let findings = findings.filter(|finding| finding.usage.as_ref().is_some_and(unused));
    let suggestion = findings.map(|finding| Suggestion {
        id: finding.id.clone(),
        aliases: finding.aliases.clone(),
        purl: finding.package.purl.clone(),
        package: format!("{} {}", finding.package.name, finding.package.version),
    });
    suggestion.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The suggestions as an OpenVEX document in which everything is `under_investigation`, so that no scanner takes one for
/// settled. `ground` says what was watched. `None` without a suggestion or without a digest.
#[must_use]
pub fn suggested(suggestions: &[Suggestion], ground: &str, authorship: &Authorship) -> Option<Value> {
    if suggestions.is_empty() || authorship.digests.is_empty() {
        return None;
    }
    let statement = |suggestion: &Suggestion| {
        json!({
            "vulnerability": vulnerability(&suggestion.id, &suggestion.aliases),
            "products": products(std::iter::once(suggestion.purl.as_str()), authorship),
            "status": "under_investigation",
            "status_notes": format!("{MARK}No file of {} was used while {ground}.", suggestion.package),
        })
    };
    let statements: Vec<Value> = suggestions.iter().map(statement).collect();
    Some(document(&statements, authorship))
}
