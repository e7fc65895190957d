//! The report as SARIF 2.1.0 (OASIS *Static Analysis Results Interchange Format*): what fails, and what a person
//! should decide.

use casehard_oci::Digest;
use serde_json::{Value, json};

use crate::{Report, shown};

/// The report as SARIF 2.1.0: one run, a rule for each check and one for steps, a result for each that did not pass.
#[must_use]
pub fn sarif(report: &Report) -> String {
    let mut rules: Vec<Value> =
        report.checks.iter().map(|check| rule(&check.name, &check_text(&check.name))).collect();
    let of_steps = rules.len();
    rules.push(rule(
        "workload-step",
        "A step of the workload does not go as it should on the hardened image.",
    ));
    let mut results = Vec::new();
    for (at, check) in report.checks.iter().enumerate() {
        let kind = match check.status.as_str() {
            "PASS" => ("pass", "none"),
            "WARN" => ("fail", "warning"),
            _ => ("fail", "error"),
        };
        let message = format!("{} (original: {})", check.evidence, check.before);
        results.push(result(report, &check.name, at, kind, &message, &check.name));
    }
    for step in &report.steps {
        let kind = if step.passed() { ("pass", "none") } else { ("fail", "error") };
        let mut message = if step.passed() {
            format!("{} passed on both images", step.name)
        } else {
            format!("{} failed", step.name)
        };
        for (side, reasons) in [("original", &step.original.reasons), ("hardened", &step.hardened.reasons)] {
            for reason in reasons {
                message.push_str(&format!("\n{side}: {reason}"));
            }
        }
        results.push(result(report, "workload-step", of_steps, kind, &message, &step.name));
    }
    let unseen: Vec<Value> = report
        .unseen
        .iter()
        .map(|unseen| json!({ "level": "warning", "message": { "text": format!("not seen: {}", shown::plain(unseen)) } }))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "casehard",
                "version": report.run.version,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": report.run.date,
                "toolExecutionNotifications": unseen,
            }],
            "automationDetails": { "id": "casehard/harden/" },
            "results": results,
        }],
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    shown::json_text(&text).into_owned() + "\n"
}

fn check_text(name: &str) -> String {
    format!("Whether the hardened image passes the check {}.", shown::plain(name))
}

fn rule(id: &str, text: &str) -> Value {
    json!({
        "id": shown::plain(id),
        "shortDescription": { "text": text },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["security"], "security-severity": "7.0" },
    })
}

/// One result. Code hosts want a file: it is named after the image, in characters that stand in a URI.
fn result(
    report: &Report,
    rule: &str,
    index: usize,
    (kind, level): (&str, &str),
    message: &str,
    about: &str,
) -> Value {
    let identity = Digest::of(format!("{}\n{rule}\n{about}", report.image.name).as_bytes()).to_string();
    let message: Vec<_> = message.split('\n').map(shown::plain).collect();
    json!({
        "ruleId": shown::plain(rule),
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": { "text": message.join("\n") },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&report.image.name) },
                "region": { "startLine": 1 },
            },
            "logicalLocations": [{ "fullyQualifiedName": shown::plain(about), "kind": "resource" }],
        }],
        "partialFingerprints": { "casehard/v1": identity },
    })
}

/// The image's name as a relative URI (RFC 3986): what may not stand there is `%NN`.
pub(crate) fn uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' => {
                uri.push(char::from(byte));
            }
            // A colon in the first part of a relative reference would make a scheme of it.
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    if uri.is_empty() { "image".to_owned() } else { uri }
}
