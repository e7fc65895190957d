//! Accepting suggestions: what a person states on their own name.

use super::{
    suggest::MARK,
    write::{Authorship, document, name},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Which suggestions are accepted: all, if it names nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'a> {
    /// Those on these vulnerabilities, by any of their ids.
    pub ids: &'a [String],
    /// Those on these packages, by name or package URL.
    pub packages: &'a [String],
}

/// Why nothing was accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptError {
    /// There is no suggestion in it.
    #[error(
        "it holds no suggestion of ours: `casehard scan --profile … --suggest-vex` and `casehard harden` write such"
    )]
    NoSuggestion,
    /// Something was named that no suggestion is about.
    #[error("no suggestion is about {named}; there are: {there}")]
    Unknown {
        /// What was named.
        named: String,
        /// What there is.
        there: String,
    },
    /// Nothing that was named together is in one suggestion.
    #[error("no suggestion is about these vulnerabilities in these packages")]
    Nothing,
    /// What was accepted earlier is not an OpenVEX document.
    #[error("what it is to be added to is not an OpenVEX document")]
    Earlier,
}

/// What was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The OpenVEX document, with what was accepted earlier.
    pub document: Value,
    /// How many suggestions were accepted now.
    pub accepted: usize,
}

/// Makes statements of those of `suggestions` (a document that [`super::suggested`] wrote) that are chosen. The author of
/// `authorship` accepts them, `because`; `earlier` is what was accepted before, which stays.
///
/// # Errors
/// If there is no such suggestion, or `earlier` is something else.
pub fn accept(
    suggestions: &Value,
    choice: Choice<'_>,
    because: &str,
    authorship: &Authorship,
    earlier: Option<&Value>,
) -> Result<Accepted, AcceptError> {
    let all: Vec<&Value> = statements(suggestions).filter(|statement| notes(statement).is_some()).collect();
    if all.is_empty() {
        return Err(AcceptError::NoSuggestion);
    }
    is_there(&all, choice.ids, has_id, |statement| ids(statement).next().unwrap_or_default().to_owned())?;
    is_there(&all, choice.packages, has_package, |statement| packages(statement).collect())?;
    let chosen = |statement: &&&Value| {
        let any =
            |named: &[String], has: Has| named.is_empty() || named.iter().any(|name| has(statement, name));
        any(choice.ids, has_id) && any(choice.packages, has_package)
    };
    let now: Vec<Value> =
        all.iter().filter(chosen).map(|statement| accepted(statement, because, authorship)).collect();
    if now.is_empty() {
        return Err(AcceptError::Nothing);
    }
    let accepted = now.len();
    let Some(earlier) = earlier else {
        return Ok(Accepted { document: document(&now, authorship), accepted });
    };
    if earlier.get("@context").and_then(Value::as_str).is_none_or(|context| !context.contains("openvex")) {
        return Err(AcceptError::Earlier);
    }
    let about =
        |statement: &Value| (statement["vulnerability"]["name"].clone(), statement["products"].clone());
    let again: Vec<_> = now.iter().map(about).collect();
    let kept = statements(earlier).filter(|statement| !again.contains(&about(statement))).cloned();
    let merged: Vec<Value> = kept.chain(now.iter().cloned()).collect();
    let mut document = earlier.clone();
    document["@id"] = json!(name(&merged, authorship.timestamp));
    document["version"] = json!(earlier["version"].as_u64().unwrap_or(1) + 1);
    document["last_updated"] = json!(authorship.timestamp);
    document["statements"] = json!(merged);
    Ok(Accepted { document, accepted })
}

/// One suggestion as a statement.
fn accepted(suggestion: &Value, because: &str, authorship: &Authorship) -> Value {
    let seen = notes(suggestion).unwrap_or_default();
    json!({
        "vulnerability": suggestion["vulnerability"],
        "timestamp": authorship.timestamp,
        "products": suggestion["products"],
        "status": "not_affected",
        "status_notes": format!("Suggested by {}, accepted by {}.", authorship.tooling, authorship.author),
        "justification": "vulnerable_code_not_in_execute_path",
        "impact_statement": format!("{because} {seen}"),
    })
}

type Has = fn(&Value, &str) -> bool;

/// Each name is that of a suggestion.
fn is_there(
    all: &[&Value],
    named: &[String],
    has: Has,
    shown: fn(&Value) -> String,
) -> Result<(), AcceptError> {
    let Some(unknown) = named.iter().find(|name| !all.iter().any(|statement| has(statement, name))) else {
        return Ok(());
    };
    let there: BTreeSet<String> = all.iter().map(|statement| shown(statement)).collect();
    Err(AcceptError::Unknown {
        named: unknown.clone(),
        there: there.into_iter().collect::<Vec<_>>().join(", "),
    })
}

fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    document["statements"].as_array().into_iter().flatten()
}

/// What was seen, if the statement is a suggestion.
fn notes(statement: &Value) -> Option<&str> {
    statement["status_notes"].as_str()?.strip_prefix(MARK)
}

fn ids(statement: &Value) -> impl Iterator<Item = &str> {
    let vulnerability = &statement["vulnerability"];
    let aliases = vulnerability["aliases"].as_array().into_iter().flatten();
    std::iter::once(&vulnerability["name"]).chain(aliases).filter_map(Value::as_str)
}

fn has_id(statement: &Value, id: &str) -> bool {
    ids(statement).any(|own| own.eq_ignore_ascii_case(id))
}

/// The package URLs, once each.
fn purls(statement: &Value) -> BTreeSet<&str> {
    let products = statement["products"].as_array().into_iter().flatten();
    let packages = products.flat_map(|product| product["subcomponents"].as_array().into_iter().flatten());
    packages.filter_map(|package| package["@id"].as_str()).collect()
}

/// The names of the packages.
fn packages(statement: &Value) -> impl Iterator<Item = String> {
    purls(statement).into_iter().filter_map(super::purl::Purl::parse).map(|purl| purl.name)
}

fn has_package(statement: &Value, name: &str) -> bool {
    packages(statement).any(|own| own == name) || purls(statement).contains(name)
}
