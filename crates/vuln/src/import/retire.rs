//! Retire.js's repository of JavaScript libraries (version 5), for those that npm packages carry.

use super::intake::{Intake, rating};
use crate::{
    Ecosystem,
    advisory::{Affected, FixState, Record, Row},
    range::{Bound, Interval},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The repository: a component for each name.
pub(super) type Repository = BTreeMap<String, Component>;

#[derive(Debug, Deserialize)]
pub(super) struct Component {
    #[serde(default)]
    npmname: Option<String>,
    vulnerabilities: Vec<Vulnerability>,
    #[allow(dead_code, reason = "its presence is what tells this document from others")]
    extractors: serde::de::IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    #[serde(default)]
    below: Option<String>,
    #[serde(default)]
    at_or_above: Option<String>,
    #[serde(default)]
    severity: Option<String>,
    #[serde(default)]
    cwe: Vec<String>,
    #[serde(default)]
    identifiers: Identifiers,
    #[serde(default)]
    info: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Identifiers {
    #[serde(default)]
    summary: Option<String>,
    #[serde(rename = "CVE", default)]
    cve: Vec<String>,
    #[serde(rename = "githubID", default)]
    github: Option<String>,
}

/// Reads the repository. Entries without a CVE or GHSA id cannot be told apart and are skipped.
pub(super) fn import(repository: Repository, intake: &mut Intake) {
    let source = intake.source("retire");
    let Some(ecosystem) = Ecosystem::parse("npm") else { return };
    for component in repository.into_values() {
        let Some(package) = component.npmname else { continue };
        for entry in component.vulnerabilities {
            let Identifiers { summary, cve, github } = entry.identifiers;
            let Some(id) = cve.first().or(github.as_ref()).cloned() else {
                intake.skip(source);
                continue;
            };
            intake.read(source, None);
            let bound =
                |version: Option<String>, inclusive| version.map(|version| Bound { version, inclusive });
            let interval =
                Interval { low: bound(entry.at_or_above, true), high: bound(entry.below.clone(), false) };
            let state = if entry.below.is_some() { FixState::Fixed } else { FixState::Affected };
            let mut row = Row::new(&id, source, state);
            row.ranges.push(Affected { interval, fixed: entry.below });
            intake.row(&ecosystem, &package, row);
            let record = Record {
                aliases: cve.into_iter().chain(github).filter(|alias| *alias != id).collect(),
                summary,
                ratings: entry.severity.iter().map(|word| rating(source, word)).collect(),
                weaknesses: entry.cwe,
                links: entry.info.into_iter().take(1).collect(),
                ..Record::default()
            };
            intake.record(&id, record);
        }
    }
}
