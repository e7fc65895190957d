//! Findings as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format).

use std::collections::BTreeMap;

use casehard_finding::{Finding, Severity};
use serde_json::{Value, json};

use super::{Shown, place, span};

/// One run with every finding.
pub fn render(shown: &[Shown<'_>]) -> String {
    let used: BTreeMap<&str, usize> = {
        let mut names: Vec<&str> =
            shown.iter().flat_map(|file| file.findings).map(|finding| finding.rule.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().enumerate().map(|(index, name)| (name, index)).collect()
    };
    let rules: Vec<Value> = used.keys().map(|name| rule(name)).collect();
    let results: Vec<Value> = shown
        .iter()
        .flat_map(|file| {
            file.findings.iter().map(|finding| result(file, finding, used[finding.rule.as_str()]))
        })
        .collect();
    let driver = json!({
        "name": "casehard",
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    });
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    });
    format!("{document:#}\n")
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Low | Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// What GitHub sorts by.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "0.0",
        Severity::Low => "3.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}

fn rule(name: &str) -> Value {
    let Some(rule) = casehard_rules::rules().find(|rule| rule.name == name) else {
        return json!({ "id": name });
    };
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "security-severity": security_severity(rule.severity), "tags": ["security"] },
    })
}

fn result(file: &Shown<'_>, finding: &Finding, rule: usize) -> Value {
    let uri = crate::sarif::uri(&file.file.replace('\\', "/"));
    let mut physical = json!({ "artifactLocation": { "uri": uri } });
    if let Some(span) = span(finding) {
        let (end_line, end_column) = end(&file.text, span.end, span.line, span.column);
        physical["region"] = json!({
            "startLine": span.line, "startColumn": span.column, "endLine": end_line, "endColumn": end_column,
        });
    }
    let mut location = json!({ "physicalLocation": physical });
    if span(finding).is_none() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": place(file.file, finding) }]);
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": finding.message },
        "locations": [location],
    });
    if let Some(fix) = &finding.fix {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                json!({
                    "deletedRegion": { "byteOffset": edit.start, "byteLength": edit.end - edit.start },
                    "insertedContent": { "text": edit.text },
                })
            })
            .collect();
        let change = json!({ "artifactLocation": { "uri": uri }, "replacements": replacements });
        result["fixes"] = json!([{ "description": { "text": fix.title }, "artifactChanges": [change] }]);
    }
    result
}

/// Line and column of the end of a range.
fn end(text: &str, end: usize, line: u32, column: u32) -> (u32, u32) {
    let mut at = end.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let lines = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let columns = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    if text.is_empty() { (line, column) } else { (number(lines), number(columns)) }
}
