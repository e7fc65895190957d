//! GitLab's container scanning report (security report schema 15).

use casehard_oci::Digest;
use casehard_vuln::{Assessment, Finding, Level};
use serde_json::{Value, json};

use super::{fix, link, sentence};

pub(super) fn document(assessment: &Assessment, timestamp: &str) -> Value {
    let scan = &assessment.scan;
    // The schema has times without a zone.
    let time = timestamp.trim_end_matches('Z');
    let tool = json!({
        "id": "casehard",
        "name": "casehard",
        "url": env!("CARGO_PKG_REPOSITORY"),
        "vendor": { "name": "casehard" },
        "version": env!("CARGO_PKG_VERSION"),
    });
    let system = scan.distribution.clone().unwrap_or_else(|| "unknown".to_owned());
    let findings: Vec<Value> =
        scan.findings.iter().map(|finding| vulnerability(finding, &scan.subject, &system)).collect();
    let blind: Vec<Value> = scan
        .blind
        .iter()
        .map(|line| json!({ "level": "warn", "value": format!("not seen: {line}") }))
        .collect();
    json!({
        "version": "15.0.7",
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "container_scanning",
            "start_time": time,
            "end_time": time,
            "status": "success",
            "messages": blind,
        },
        "vulnerabilities": findings,
        "remediations": [],
    })
}

fn vulnerability(finding: &Finding, image: &str, system: &str) -> Value {
    let package = &finding.package;
    let severity = match finding.severity {
        Level::Unknown => "Unknown",
        Level::Negligible => "Info",
        Level::Low => "Low",
        Level::Medium => "Medium",
        Level::High => "High",
        Level::Critical => "Critical",
    };
    let mark = format!("{}\n{}\n{}", finding.id, package.purl, package.name);
    let ids = std::iter::once(&finding.id).chain(&finding.aliases);
    let identifiers: Vec<Value> = ids
        .map(|id| {
            let kind = id.split('-').next().unwrap_or_default().to_ascii_lowercase();
            json!({ "type": kind, "name": id, "value": id })
        })
        .collect();
    let mut value = json!({
        "id": Digest::of(mark.as_bytes()).hex(),
        "name": format!("{} in {}", finding.id, package.name),
        "description": finding.summary.clone().unwrap_or_else(|| sentence(finding)),
        "severity": severity,
        "location": {
            "dependency": { "package": { "name": package.name }, "version": package.version },
            "operating_system": system,
            "image": image,
        },
        "identifiers": identifiers,
        "links": link(finding).into_iter().map(|url| json!({ "url": url })).collect::<Vec<_>>(),
    });
    value["solution"] = match &finding.fix.version {
        Some(version) => json!(format!("Upgrade {} to {version}", package.name)),
        None => json!(fix(finding)),
    };
    value
}
