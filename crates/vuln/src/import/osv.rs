//! OSV records (OSV schema 1.7): one vulnerability each, in language registries and distributions.

use super::{
    intake::{Intake, is_cve, rating},
    osv_ranges::{Event, Range, affected},
    sources::of_osv,
};
use crate::{
    Ecosystem,
    advisory::{Class, FixState, Record, Row},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most symbols kept for one row.
const SYMBOLS: usize = 200;

#[derive(Debug, Deserialize)]
pub(super) struct Osv {
    id: String,
    #[serde(default)]
    modified: Option<String>,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    upstream: Vec<String>,
    #[serde(default)]
    related: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    severity: Vec<Severity>,
    affected: Vec<Affected>,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    database_specific: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct Severity {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    score: String,
}

#[derive(Debug, Deserialize)]
struct Affected {
    #[serde(default)]
    package: Option<Package>,
    #[serde(default)]
    severity: Vec<Severity>,
    #[serde(default)]
    ranges: Vec<OsvRange>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    ecosystem_specific: Option<Value>,
    #[serde(default)]
    database_specific: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct OsvRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    #[serde(rename = "type", default)]
    kind: String,
    url: String,
}

/// Reads one record.
pub(super) fn import(osv: Osv, intake: &mut Intake) {
    let source_name = of_osv(&osv.id);
    let source = intake.source(source_name);
    // The Debian and Ubuntu exports hold each statement twice: by CVE and by notice. One family is enough.
    if ["DSA-", "DLA-", "DTSA-", "USN-", "LSN-"].iter().any(|prefix| osv.id.starts_with(prefix)) {
        return intake.skip(source);
    }
    intake.read(source, osv.modified.as_deref());
    if osv.withdrawn.is_some() {
        return intake.record(&osv.id, Record { withdrawn: true, ..Record::default() });
    }
    let mut rows: BTreeMap<(Ecosystem, String), Row> = BTreeMap::new();
    let mut ratings: Vec<Severity> = osv.severity.clone();
    for item in &osv.affected {
        let Some(package) = &item.package else { continue };
        let Some((ecosystem, platform)) = ecosystem(&package.ecosystem) else {
            intake.skip(source);
            continue;
        };
        // The Go project's own records say more, and name symbols.
        let golang = matches!(package.name.as_str(), "stdlib" | "toolchain")
            || package.name.starts_with("golang.org/x/");
        if source_name == "ghsa" && ecosystem.family() == "Go" && golang {
            continue;
        }
        let (urgency, vectors): (Vec<_>, Vec<_>) =
            item.severity.iter().cloned().partition(|severity| severity.kind == "Ubuntu");
        ratings.extend(vectors);
        let row = rows.entry((ecosystem.clone(), package.name.clone())).or_insert_with(|| {
            let mut row = Row::new(&osv.id, source, FixState::Affected);
            row.platform = platform;
            row
        });
        add(row, item, &ecosystem);
        let word = urgency.first().map(|severity| severity.score.clone());
        let debian = item
            .ecosystem_specific
            .as_ref()
            .and_then(|value| value.get("urgency")?.as_str())
            .map(str::to_owned);
        row.urgency = row.urgency.take().or(word).or(debian).or_else(|| notice_word(&osv));
        if osv.id.starts_with("MAL-") {
            row.class = Class::Malware;
        }
    }
    let ids = ids(&osv, rows.keys().any(|(ecosystem, _)| ecosystem.is_distribution()));
    for id in &ids {
        for ((ecosystem, name), row) in &rows {
            let mut row = Row { id: id.clone(), ..row.clone() };
            if *id != osv.id && is_notice(&osv.id) {
                row.advisory = Some(osv.id.clone());
            }
            intake.row(ecosystem, name, row);
        }
    }
    record(&osv, source, &ids, &ratings, intake);
}

/// The ids the record is filed under: for a distribution the CVEs, so that it meets what others say of them.
fn ids(osv: &Osv, distribution: bool) -> Vec<String> {
    if !distribution {
        return vec![osv.id.clone()];
    }
    let mut cves: Vec<String> = osv
        .upstream
        .iter()
        .chain(&osv.aliases)
        .chain(&osv.related)
        .filter(|id| is_cve(id))
        .cloned()
        .collect();
    cves.sort();
    cves.dedup();
    // A bug fix or enhancement without a CVE is no vulnerability.
    let no_security = ["ALBA-", "ALEA-", "RHBA-", "RHEA-"].iter().any(|prefix| osv.id.starts_with(prefix));
    if cves.is_empty() && !no_security { vec![osv.id.clone()] } else { cves }
}

/// Whether `id` is a notice of released fixes, rather than another name of one vulnerability.
fn is_notice(id: &str) -> bool {
    !["DEBIAN-", "UBUNTU-", "ALPINE-", "CGA-"].iter().any(|prefix| id.starts_with(prefix))
}

/// AlmaLinux and Rocky begin their summaries with the severity.
fn notice_word(osv: &Osv) -> Option<String> {
    let word = osv.summary.split(':').next()?;
    matches!(word, "Critical" | "Important" | "Moderate" | "Low").then(|| word.to_owned())
}

fn add(row: &mut Row, item: &Affected, ecosystem: &Ecosystem) {
    let upper = item
        .database_specific
        .as_ref()
        .and_then(|value| value.get("last_known_affected_version_range")?.as_str());
    let ranges = item
        .ranges
        .iter()
        .filter(|range| range.kind != "GIT")
        .map(|range| Range { events: &range.events, upper });
    let ranges = affected(ecosystem.scheme(), ranges);
    // A version that a range covers need not be named again.
    let scheme = ecosystem.scheme();
    let named = item
        .versions
        .iter()
        .filter(|version| !ranges.iter().any(|range| range.interval.contains(scheme, version)));
    row.versions.extend(named.cloned());
    if ranges.iter().any(|range| range.fixed.is_some()) {
        row.state = FixState::Fixed;
    }
    row.ranges.extend(ranges);
    if let Some(kind) = item.database_specific.as_ref().and_then(|value| value.get("informational")?.as_str())
    {
        row.class = Class::Notice;
        row.note = Some(kind.to_owned());
    }
    let imports = item.ecosystem_specific.as_ref().and_then(|value| value.get("imports")?.as_array());
    for import in imports.into_iter().flatten() {
        let path = import.get("path").and_then(Value::as_str).unwrap_or_default();
        let symbols =
            import.get("symbols").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        row.symbols.extend(symbols.map(|symbol| format!("{path}.{symbol}")));
    }
    row.symbols.truncate(SYMBOLS);
}

fn record(osv: &Osv, source: u16, ids: &[String], severities: &[Severity], intake: &mut Intake) {
    let specific = |field: &str| osv.database_specific.as_ref().and_then(|value| value.get(field));
    let word = specific("severity").and_then(Value::as_str);
    let words = specific("cwe_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut ratings: Vec<_> = severities
        .iter()
        .filter(|severity| severity.kind.starts_with("CVSS"))
        .map(|severity| rating(source, &severity.score))
        .chain(word.map(|word| rating(source, word)))
        .collect();
    ratings.dedup();
    let own = ids == [osv.id.clone()];
    let aliases = if own {
        osv.aliases.iter().chain(&osv.upstream).cloned().collect()
    } else if is_notice(&osv.id) {
        // Several CVEs in one notice are not the same vulnerability.
        Vec::new()
    } else {
        osv.aliases.iter().filter(|alias| !is_cve(alias)).cloned().chain([osv.id.clone()]).collect()
    };
    let text = if osv.summary.is_empty() { &osv.details } else { &osv.summary };
    let record = Record {
        aliases,
        summary: (own || !is_notice(&osv.id)).then(|| text.clone()),
        published: osv.published.clone(),
        withdrawn: false,
        ratings,
        weaknesses: words.map(str::to_owned).collect(),
        links: links(osv),
    };
    for id in ids {
        intake.record(id, record.clone());
    }
}

fn links(osv: &Osv) -> Vec<String> {
    let mut links: Vec<&Reference> = osv.references.iter().collect();
    links.sort_by_key(|reference| match reference.kind.as_str() {
        "ADVISORY" => 0,
        "REPORT" => 1,
        "FIX" => 2,
        _ => 3,
    });
    links.iter().take(2).map(|reference| reference.url.clone()).collect()
}

/// The ecosystem of an OSV name, and the platform a Red Hat name confines it to.
fn ecosystem(name: &str) -> Option<(Ecosystem, Option<String>)> {
    let Some(product) = name.strip_prefix("Red Hat:") else {
        return Ecosystem::parse(name).map(|ecosystem| (ecosystem, None));
    };
    super::redhat::product(product)
        .map(|(major, platform)| (Ecosystem::release_of("Red Hat", &major), platform))
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import};
    use crate::{Ecosystem, Store, store::Builder};

    fn store(records: &[&str]) -> Store {
        let mut builder = Builder::new("2026-01-01");
        let mut intake = Intake::new(&mut builder, "2026-01-01");
        for record in records {
            import(serde_json::from_str(record).expect("a record"), &mut intake);
        }
        Store::from_bytes(builder.finish().expect("small")).expect("sound")
    }

    #[test]
    fn files_a_notice_under_each_cve() {
        let store = store(&[
            r#"{"id":"ALSA-2024:1","summary":"Important: x security update","modified":"2024-01-02T00:00:00Z",
            "affected":[{"package":{"ecosystem":"AlmaLinux:9","name":"x"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1:2-3.el9"}]}]}],
            "related":["CVE-2024-0001","CVE-2024-0002"]}"#,
        ]);
        let alma = Ecosystem::parse("AlmaLinux:9").expect("known");
        let rows = store.rows(&alma, "x").expect("sound");
        let found: Vec<_> = rows.iter().map(|row| (row.id, row.advisory, row.urgency)).collect();
        assert_eq!(
            found,
            [
                ("CVE-2024-0001", Some("ALSA-2024:1"), Some("Important")),
                ("CVE-2024-0002", Some("ALSA-2024:1"), Some("Important")),
            ]
        );
        assert!(store.record("CVE-2024-0001").expect("sound").expect("recorded").aliases.is_empty());
    }

    #[test]
    fn drops_withdrawn_unknown_and_doubled() {
        let affected = r#""affected":[{"package":{"ecosystem":"PyPI","name":"X_y"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]"#;
        let store = store(&[
            &format!(r#"{{"id":"PYSEC-1","withdrawn":"2024-01-01T00:00:00Z",{affected}}}"#),
            &format!(r#"{{"id":"DSA-1-1",{affected}}}"#),
            &format!(
                r#"{{"id":"PYSEC-2","modified":"2027-09-09T00:00:00Z","aliases":["CVE-2024-0003"],{affected}}}"#
            ),
            r#"{"id":"X-1","affected":[{"package":{"ecosystem":"DHI","name":"x"}}]}"#,
        ]);
        let python = Ecosystem::parse("PyPI").expect("known");
        let ids: Vec<_> =
            store.rows(&python, "x-Y").expect("sound").iter().map(|row| row.id.to_owned()).collect();
        assert_eq!(ids, ["PYSEC-2"]);
        assert_eq!(store.ids_with_alias("CVE-2024-0003").expect("sound"), ["PYSEC-2"]);
        assert!(store.record("PYSEC-1").expect("sound").expect("recorded").withdrawn);
        let pypa = store.meta().sources.iter().find(|source| source.name == "pypa").expect("named");
        assert_eq!(pypa.date, None, "a date after the import is a typing error");
    }
}
