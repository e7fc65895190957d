//! NVD's records (API and feeds, version 2.0): ratings, weaknesses, and which products by CPE.

use super::intake::Intake;
use crate::{
    Ecosystem,
    advisory::{Affected, FixState, Rating, Record, Row},
    matching::is_catalogued,
    range::{Bound, Interval},
};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
pub(super) struct Feed {
    vulnerabilities: Vec<Item>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Item {
    cve: Cve,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cve {
    id: String,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    last_modified: Option<String>,
    #[serde(default)]
    vuln_status: Option<String>,
    #[serde(default)]
    descriptions: Vec<Text>,
    #[serde(default)]
    metrics: BTreeMap<String, Vec<Metric>>,
    #[serde(default)]
    weaknesses: Vec<Weakness>,
    #[serde(default)]
    configurations: Vec<Configuration>,
}

#[derive(Debug, Deserialize)]
struct Text {
    lang: String,
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    #[serde(default)]
    source: String,
    cvss_data: CvssData,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CvssData {
    vector_string: String,
}

#[derive(Debug, Deserialize)]
struct Weakness {
    #[serde(default)]
    description: Vec<Text>,
}

#[derive(Debug, Deserialize)]
struct Configuration {
    #[serde(default)]
    operator: Option<String>,
    #[serde(default)]
    negate: Option<bool>,
    #[serde(default)]
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    #[serde(default)]
    negate: Option<bool>,
    #[serde(default)]
    cpe_match: Vec<CpeMatch>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CpeMatch {
    vulnerable: bool,
    criteria: String,
    #[serde(default)]
    version_start_including: Option<String>,
    #[serde(default)]
    version_start_excluding: Option<String>,
    #[serde(default)]
    version_end_including: Option<String>,
    #[serde(default)]
    version_end_excluding: Option<String>,
}

/// Reads a feed, or a page of the API.
pub(super) fn import(feed: Feed, intake: &mut Intake) {
    let source = intake.source("nvd");
    feed.vulnerabilities.into_iter().for_each(|item| add(item.cve, source, intake));
}

/// Reads one record of a collection of overrides, which state CPE configurations only.
pub(super) fn import_override(id: &str, item: Override, intake: &mut Intake) {
    let source = intake.source("nvd-overrides");
    intake.read(source, item.annotation.and_then(|annotation| annotation.modified).as_deref());
    configurations(id, source, &item.cve.configurations, intake);
}

#[derive(Debug, Deserialize)]
pub(super) struct Override {
    #[serde(rename = "_annotation", default)]
    annotation: Option<Annotation>,
    cve: Configured,
}

#[derive(Debug, Deserialize)]
struct Annotation {
    #[serde(default)]
    modified: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Configured {
    #[serde(default)]
    configurations: Vec<Configuration>,
}

fn add(cve: Cve, source: u16, intake: &mut Intake) {
    intake.read(source, cve.last_modified.as_deref());
    if cve.vuln_status.as_deref() == Some("Rejected") {
        return intake.record(&cve.id, Record { withdrawn: true, ..Record::default() });
    }
    let ratings = cve.metrics.into_values().flatten().map(|metric| Rating {
        source,
        by: (metric.source != "nvd@nist.gov" && !metric.source.is_empty()).then_some(metric.source),
        value: vector(metric.cvss_data.vector_string),
    });
    let weaknesses =
        cve.weaknesses.into_iter().flat_map(|weakness| weakness.description).map(|text| text.value);
    let record = Record {
        ratings: ratings.collect(),
        weaknesses: weaknesses.filter(|value| value.starts_with("CWE-")).collect(),
        summary: cve.descriptions.into_iter().find(|text| text.lang == "en").map(|text| text.value),
        published: cve.published,
        ..Record::default()
    };
    intake.record(&cve.id, record);
    configurations(&cve.id, source, &cve.configurations, intake);
}

/// CVSS 2 vectors come in parentheses in old records.
fn vector(text: String) -> String {
    if text.starts_with('(') { text.trim_matches(['(', ')']).to_owned() } else { text }
}

fn configurations(id: &str, source: u16, configurations: &[Configuration], intake: &mut Intake) {
    let Some(ecosystem) = Ecosystem::parse("cpe") else { return };
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for configuration in configurations.iter().filter(|configuration| configuration.negate != Some(true)) {
        let platforms: Vec<&str> = match configuration.operator.as_deref() {
            Some("AND") => configuration
                .nodes
                .iter()
                .filter(|node| node.cpe_match.iter().all(|cpe| !cpe.vulnerable))
                .flat_map(|node| node.cpe_match.iter().map(|cpe| cpe.criteria.as_str()))
                .collect(),
            _ => Vec::new(),
        };
        // An image is a Linux user space: what needs another platform does not concern it.
        if !platforms.is_empty() && !platforms.iter().any(|cpe| cpe.contains(":linux:linux_kernel:")) {
            continue;
        }
        for cpe in configuration
            .nodes
            .iter()
            .filter(|node| node.negate != Some(true))
            .flat_map(|node| &node.cpe_match)
        {
            let Some((product, range)) = affected(cpe) else { continue };
            let row = rows.entry(product).or_insert_with(|| Row::new(id, source, FixState::Affected));
            if range.fixed.is_some() {
                row.state = FixState::Fixed;
            }
            row.ranges.push(range);
        }
    }
    for (product, mut row) in rows {
        row.ranges.sort();
        row.ranges.dedup();
        intake.row(&ecosystem, &product, row);
    }
}

/// The product (`vendor:product`) and the versions of a vulnerable CPE. `None` for what no cataloger can find, and for
/// a product's part for another platform or host program.
fn affected(cpe: &CpeMatch) -> Option<(String, Affected)> {
    // `cpe:2.3:part:vendor:product:version:update:edition:language:sw_edition:target_sw:target_hw:other` (NISTIR 7695).
    let fields = split(&cpe.criteria);
    let field = |at: usize| fields.get(at).map(String::as_str);
    let any = |at: usize| matches!(field(at), Some("*" | "-") | None);
    if !cpe.vulnerable || field(2) != Some("a") || !(any(10) || field(10) == Some("linux")) {
        return None;
    }
    let product = format!("{}:{}", field(3)?, field(4)?);
    if !is_catalogued(&product) {
        return None;
    }
    let bound = |including: &Option<String>, excluding: &Option<String>| {
        let bound =
            |version: &Option<String>, inclusive| version.clone().map(|version| Bound { version, inclusive });
        bound(including, true).or_else(|| bound(excluding, false))
    };
    let (mut low, mut high) = (
        bound(&cpe.version_start_including, &cpe.version_start_excluding),
        bound(&cpe.version_end_including, &cpe.version_end_excluding),
    );
    if low.is_none() && high.is_none() && !any(5) {
        let version = if any(6) { field(5)?.to_owned() } else { format!("{}-{}", field(5)?, field(6)?) };
        low = Some(Bound { version, inclusive: true });
        high.clone_from(&low);
    } else if low.is_none() && high.is_none() && field(5) == Some("-") {
        // `-` names a product without a version, which nothing installed is.
        return None;
    }
    let fixed = cpe.version_end_excluding.clone();
    Some((product, Affected { interval: Interval { low, high }, fixed }))
}

/// The fields of a CPE 2.3 string; a backslash takes the next character as it is.
fn split(cpe: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = cpe.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' => fields.push(String::new()),
            '\\' => fields.last_mut().into_iter().for_each(|field| field.extend(characters.next())),
            other => fields.last_mut().into_iter().for_each(|field| field.push(other)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import, split};
    use crate::{Ecosystem, Store, store::Builder};

    #[test]
    fn splits_escaped_names() {
        assert_eq!(split(r"cpe:2.3:a:node\.js:a\:b:1"), ["cpe", "2.3", "a", "node.js", "a:b", "1"]);
    }

    #[test]
    fn reads_what_concerns_a_linux_program() {
        let node = |cpe: &str, rest: &str| {
            format!(r#"{{"cpeMatch":[{{"vulnerable":true,"criteria":"cpe:2.3:a:{cpe}"{rest}}}]}}"#)
        };
        let windows =
            r#"{"cpeMatch":[{"vulnerable":false,"criteria":"cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*"}]}"#;
        let cve = |id: &str, configuration: &str| {
            format!(
                r#"{{"cve":{{"id":"{id}","vulnStatus":"Analyzed","lastModified":"2024-02-03T00:00:00.000",
            "metrics":{{"cvssMetricV31":[{{"source":"nvd@nist.gov","cvssData":{{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}}}]}},
            "configurations":[{configuration}]}}}}"#
            )
        };
        let all = "*:*:*:*:*:*:*:*";
        let feed = [
            cve(
                "CVE-2024-0001",
                &format!(
                    r#"{{"nodes":[{}]}}"#,
                    node(
                        &format!("python:python:{all}"),
                        r#","versionStartIncluding":"3.8","versionEndExcluding":"3.8.20""#
                    )
                ),
            ),
            cve(
                "CVE-2024-0002",
                &format!(
                    r#"{{"operator":"AND","nodes":[{},{windows}]}}"#,
                    node(&format!("python:python:{all}"), r#","versionEndExcluding":"3.9""#)
                ),
            ),
            cve(
                "CVE-2024-0003",
                &format!(r#"{{"nodes":[{}]}}"#, node("python:python:3.13.0:alpha1:*:*:*:*:*:*", "")),
            ),
            cve(
                "CVE-2024-0004",
                &format!(r#"{{"nodes":[{}]}}"#, node("python:python:*:*:*:*:*:windows:*:*", "")),
            ),
            r#"{"cve":{"id":"CVE-2024-0005","vulnStatus":"Rejected"}}"#.to_owned(),
        ];
        let mut builder = Builder::new("2026-01-01");
        let json = format!(r#"{{"format":"NVD_CVE","vulnerabilities":[{}]}}"#, feed.join(","));
        import(serde_json::from_str(&json).expect("a feed"), &mut Intake::new(&mut builder, "2026-01-01"));
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let rows = store.rows(&Ecosystem::parse("cpe").expect("known"), "python:python").expect("sound");
        let found: Vec<_> =
            rows.iter().map(|row| format!("{} {}", row.id, row.ranges[0].interval.describe())).collect();
        assert_eq!(found, ["CVE-2024-0001 >= 3.8, < 3.8.20", "CVE-2024-0003 = 3.13.0-alpha1"]);
        assert!(store.record("CVE-2024-0005").expect("sound").expect("recorded").withdrawn);
    }
}
