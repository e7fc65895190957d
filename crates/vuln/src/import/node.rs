//! The Node.js security working group's index of vulnerabilities in Node.js itself.

use super::intake::{Intake, rating};
use crate::{
    Ecosystem, Scheme,
    advisory::{Affected, FixState, Record, Row},
    range::{complement, intersect, semver},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The index: a number for each entry.
pub(super) type Index = BTreeMap<String, Entry>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    cve: Vec<String>,
    vulnerable: String,
    #[serde(default)]
    patched: Option<String>,
    #[serde(rename = "ref", default)]
    reference: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    overview: Option<String>,
    affected_environments: Vec<String>,
    #[serde(default)]
    severity: Option<String>,
}

/// Reads the index.
pub(super) fn import(index: Index, intake: &mut Intake) {
    let source = intake.source("node");
    let Some(ecosystem) = Ecosystem::parse("Node.js") else { return };
    for (number, entry) in index {
        let linux = entry.affected_environments.iter().any(|place| matches!(place.as_str(), "all" | "linux"));
        let Some(vulnerable) = semver(&entry.vulnerable).filter(|_| linux) else {
            intake.skip(source);
            continue;
        };
        let patched = entry.patched.as_deref().and_then(semver).unwrap_or_default();
        intake.read(source, None);
        let ids = if entry.cve.is_empty() { vec![format!("NODE-{number}")] } else { entry.cve };
        for id in ids {
            let mut row = Row::new(&id, source, FixState::Affected);
            // `8.x` is vulnerable and `^8.1.4` patched: what lies between is affected.
            for interval in intersect(Scheme::Semver, &vulnerable, &complement(Scheme::Semver, &patched)) {
                let high =
                    interval.high.as_ref().filter(|high| !high.inclusive).map(|high| high.version.clone());
                let fixed = high.filter(|high| {
                    patched.iter().any(|set| set.low.as_ref().is_some_and(|low| low.version == *high))
                });
                if fixed.is_some() {
                    row.state = FixState::Fixed;
                }
                row.ranges.push(Affected { interval, fixed });
            }
            if row.ranges.is_empty() {
                continue;
            }
            intake.row(&ecosystem, "node", row);
            let record = Record {
                summary: entry.description.clone().or_else(|| entry.overview.clone()),
                ratings: entry
                    .severity
                    .iter()
                    .filter(|word| *word != "unknown")
                    .map(|word| rating(source, word))
                    .collect(),
                links: entry.reference.clone().into_iter().collect(),
                ..Record::default()
            };
            intake.record(&id, record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import};
    use crate::{Ecosystem, Store, store::Builder};

    #[test]
    fn takes_what_is_patched_from_what_is_vulnerable() {
        let json = r#"{"1":{"cve":["CVE-2017-1000381"],"vulnerable":"8.x || 7.x","patched":"^8.1.4 || ^7.10.1","affectedEnvironments":["all"],"severity":"high"},
            "2":{"cve":["CVE-2018-0001"],"vulnerable":"8.x","patched":"^8.2","affectedEnvironments":["win32"]}}"#;
        let mut builder = Builder::new("2026-01-01");
        import(serde_json::from_str(json).expect("an index"), &mut Intake::new(&mut builder, "2026-01-01"));
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let rows = store.rows(&Ecosystem::parse("Node.js").expect("known"), "node").expect("sound");
        let mut ranges: Vec<_> =
            rows[0].ranges.iter().map(|range| (range.interval.describe(), range.fixed)).collect();
        ranges.sort();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            ranges,
            [(">= 7, < 7.10.1".to_owned(), Some("7.10.1")), (">= 8, < 8.1.4".to_owned(), Some("8.1.4"))]
        );
    }
}
