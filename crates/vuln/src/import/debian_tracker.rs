//! The Debian security tracker's JSON export: `source package -> id -> releases -> state`.

use super::{intake::Intake, releases};
use crate::{
    Ecosystem, Scheme,
    advisory::{FixState, Record, Row},
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// The packages of a document, in the shape of the export.
pub(super) type Tracker = BTreeMap<String, BTreeMap<String, Issue>>;

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    #[serde(default)]
    description: Option<String>,
    #[serde(deserialize_with = "releases_or_nothing")]
    releases: BTreeMap<String, Release>,
}

#[derive(Debug, Deserialize)]
struct Release {
    status: String,
    #[serde(default)]
    repositories: BTreeMap<String, String>,
    #[serde(default)]
    fixed_version: Option<String>,
    #[serde(default)]
    urgency: Option<String>,
    #[serde(default)]
    nodsa: Option<String>,
    #[serde(default)]
    nodsa_reason: Option<String>,
}

/// An issue in no release has an empty list where others have an object.
fn releases_or_nothing<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, Release>, D::Error> {
    match Value::deserialize(input)? {
        Value::Array(list) if list.is_empty() => Ok(BTreeMap::new()),
        other => serde_json::from_value(other).map_err(serde::de::Error::custom),
    }
}

/// Reads the export.
pub(super) fn import(tracker: &Tracker, intake: &mut Intake) {
    let source = intake.source("debian");
    for (package, issues) in tracker {
        for (id, issue) in issues {
            intake.read(source, None);
            let unstable = issue.releases.get("sid").and_then(|release| released(release).map(str::to_owned));
            for (codename, release) in &issue.releases {
                let Some(number) = releases::debian(codename) else { continue };
                let Some(row) = row(id, source, release, unstable.as_deref()) else {
                    intake.skip(source);
                    continue;
                };
                intake.row(&Ecosystem::release_of("Debian", number), package, row);
            }
            let summary = issue.description.clone();
            intake.record(id, Record { summary, ..Record::default() });
        }
    }
}

/// The statement on one release. `None` if the tracker has not decided (`undetermined`).
fn row(id: &str, source: u16, release: &Release, unstable: Option<&str>) -> Option<Row> {
    let archive = newest(release);
    let below_archive =
        |version: &str| archive.is_none_or(|archive| Scheme::Deb.compare(archive, version).is_ge());
    let urgency = release.urgency.clone();
    let with = |row: Row| Some(Row { urgency: urgency.clone(), note: note(release), ..row });
    match release.status.as_str() {
        "resolved" => match released(release) {
            None if release.fixed_version.as_deref() == Some("0") => {
                with(Row::new(id, source, FixState::NotAffected))
            }
            None => None,
            Some(version) if below_archive(version) => {
                with(Row::new(id, source, FixState::Fixed).fixed_in(version))
            }
            // A fix that the release does not ship cannot be installed.
            Some(version) => {
                let mut row = Row::new(id, source, FixState::Affected).fixed_in(version);
                row.ranges[0].fixed = None;
                row.note = Some(format!("fixed in {version}, which the release does not ship"));
                Some(Row { urgency, ..row })
            }
        },
        "open" => match unstable {
            // The tracker's `no-dsa` may be stale: the release has moved past unstable's fix since.
            Some(version) if archive.is_some_and(|archive| Scheme::Deb.compare(archive, version).is_ge()) => {
                with(Row::new(id, source, FixState::Fixed).fixed_in(version))
            }
            _ => with(Row::new(id, source, open_state(release)).every_version()),
        },
        _ => None,
    }
}

fn released(release: &Release) -> Option<&str> {
    (release.status == "resolved")
        .then_some(release.fixed_version.as_deref()?)
        .filter(|version| *version != "0")
}

fn newest(release: &Release) -> Option<&str> {
    release.repositories.values().map(String::as_str).max_by(|a, b| Scheme::Deb.compare(a, b))
}

fn open_state(release: &Release) -> FixState {
    match (release.nodsa_reason.as_deref(), release.urgency.as_deref()) {
        (_, Some("end-of-life")) => FixState::EndOfLife,
        (Some("ignored"), _) => FixState::WillNotFix,
        (Some("postponed"), _) => FixState::Deferred,
        _ => FixState::Affected,
    }
}

fn note(release: &Release) -> Option<String> {
    let nodsa = release.nodsa.as_deref()?;
    let reason = release.nodsa_reason.as_deref().filter(|reason| !reason.is_empty()).unwrap_or("no-dsa");
    Some(format!("{reason}: {nodsa}"))
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import};
    use crate::{Ecosystem, Store, advisory::FixState, store::Builder};

    #[test]
    fn reads_every_state() {
        let release = |fields: &str| {
            format!(
                r#"{{"releases":{{"bookworm":{{{fields}}},"sid":{{"status":"resolved","fixed_version":"2-1"}}}}}}"#
            )
        };
        let issues = [
            (
                "CVE-2024-0001",
                r#""status":"resolved","fixed_version":"1-2","repositories":{"bookworm":"1-3"},"urgency":"low**""#,
            ),
            ("CVE-2024-0002", r#""status":"resolved","fixed_version":"0""#),
            ("CVE-2024-0003", r#""status":"open","urgency":"unimportant","repositories":{"bookworm":"1-3"}"#),
            (
                "CVE-2024-0004",
                r#""status":"open","nodsa":"Minor issue","nodsa_reason":"","repositories":{"bookworm":"1-3"}"#,
            ),
            (
                "CVE-2024-0005",
                r#""status":"open","nodsa":"Too intrusive","nodsa_reason":"ignored","repositories":{"bookworm":"1-3"}"#,
            ),
            (
                "CVE-2024-0006",
                r#""status":"open","nodsa":"later","nodsa_reason":"postponed","repositories":{"bookworm":"1-3"}"#,
            ),
            ("CVE-2024-0007", r#""status":"open","urgency":"end-of-life","repositories":{"bookworm":"1-3"}"#),
            ("CVE-2024-0008", r#""status":"undetermined""#),
            ("CVE-2024-0009", r#""status":"open","nodsa":"stale","repositories":{"bookworm":"2-1"}"#),
            (
                "CVE-2024-0010",
                r#""status":"resolved","fixed_version":"1-9","repositories":{"bookworm":"1-3"}"#,
            ),
        ];
        let body: Vec<String> =
            issues.iter().map(|(id, fields)| format!(r#""{id}":{}"#, release(fields))).collect();
        let json = format!(r#"{{"x":{{{},"CVE-2024-0011":{{"releases":[]}}}}}}"#, body.join(","));
        let mut builder = Builder::new("2026-01-01");
        import(
            &serde_json::from_str(&json).expect("the shape"),
            &mut Intake::new(&mut builder, "2026-01-01"),
        );
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let bookworm = Ecosystem::parse("Debian:12").expect("known");
        let rows = store.rows(&bookworm, "x").expect("sound");
        let states: Vec<_> = rows
            .iter()
            .map(|row| (&row.id[12..], row.state, row.ranges.first().and_then(|range| range.fixed)))
            .collect();
        assert_eq!(
            states,
            [
                ("1", FixState::Fixed, Some("1-2")),
                ("2", FixState::NotAffected, None),
                ("3", FixState::Affected, None),
                ("4", FixState::Affected, None),
                ("5", FixState::WillNotFix, None),
                ("6", FixState::Deferred, None),
                ("7", FixState::EndOfLife, None),
                ("9", FixState::Fixed, Some("2-1")),
                ("0", FixState::Affected, None),
            ]
        );
        assert_eq!(rows[4].note, Some("ignored: Too intrusive"));
        assert_eq!(rows[0].urgency, Some("low**"));
    }
}
