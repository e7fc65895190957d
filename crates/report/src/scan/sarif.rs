//! SARIF 2.1.0 (OASIS *Static Analysis Results Interchange Format*): a rule for each vulnerability, a result for each
//! package that has it.

use std::collections::BTreeMap;

use casehard_oci::Digest;
use casehard_vuln::{Assessment, Finding, Level};
use serde_json::{Value, json};

use super::{level, link, place, sentence};
use crate::{sarif::uri, shown};

pub(super) fn document(assessment: &Assessment) -> Value {
    let scan = &assessment.scan;
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rules = Vec::new();
    for finding in &scan.findings {
        numbers.entry(&finding.id).or_insert_with(|| {
            rules.push(rule(finding));
            rules.len() - 1
        });
    }
    let found = scan
        .findings
        .iter()
        .map(|finding| result(finding, numbers[finding.id.as_str()], &scan.subject, None));
    let aside = scan.suppressed.iter().filter_map(|entry| {
        let number = *numbers.get(entry.finding.id.as_str())?;
        Some(result(&entry.finding, number, &scan.subject, Some(&format!("{}: {}", entry.by, entry.reason))))
    });
    let results: Vec<Value> = found.chain(aside).collect();
    let unseen: Vec<Value> = scan
        .blind
        .iter()
        .map(|line| json!({ "level": "warning", "message": { "text": format!("not seen: {}", shown::plain(line)) } }))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "casehard",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": unseen }],
            "automationDetails": { "id": "casehard/scan/" },
            "results": results,
        }],
    })
}

fn rule(finding: &Finding) -> Value {
    let summary = finding.summary.as_deref().unwrap_or(&finding.id);
    let mut rule = json!({
        "id": shown::plain(&finding.id),
        "shortDescription": { "text": shown::plain(summary) },
        "defaultConfiguration": { "level": level(finding.severity) },
        "properties": { "tags": ["security", "vulnerability"], "security-severity": score(finding) },
    });
    if let Some(link) = link(finding) {
        rule["helpUri"] = json!(link);
    }
    rule
}

/// What GitHub sorts by: the score that goes with the chosen level, else the middle of its band.
fn score(finding: &Finding) -> String {
    let of_level = finding.severities.iter().filter(|severity| severity.level == finding.severity);
    let stated = of_level.filter_map(|severity| severity.score).next();
    let middle = match finding.severity {
        Level::Critical => 9.5,
        Level::High => 8.0,
        Level::Medium | Level::Unknown => 5.5,
        Level::Low => 2.0,
        Level::Negligible => 0.1,
    };
    format!("{:.1}", stated.unwrap_or(middle))
}

/// One result. Code hosts want a file: it is named after the image.
fn result(finding: &Finding, rule: usize, image: &str, aside: Option<&str>) -> Value {
    let package = &finding.package;
    let mark = format!("{image}\n{}\n{}\n{}", finding.id, package.purl, package.name);
    let mut result = json!({
        "ruleId": shown::plain(&finding.id),
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": shown::plain(&sentence(finding)) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": uri(image) }, "region": { "startLine": 1 } },
            "logicalLocations": [{ "fullyQualifiedName": shown::plain(place(finding)), "kind": "resource" }],
        }],
        "partialFingerprints": { "casehard/v1": Digest::of(mark.as_bytes()).to_string() },
    });
    if let Some(reason) = aside {
        result["suppressions"] = json!([{ "kind": "external", "justification": shown::plain(reason) }]);
    }
    result
}
