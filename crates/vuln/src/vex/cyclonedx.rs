//! A scan as a CycloneDX 1.6 document of vulnerabilities: findings as they are, silenced ones with their analysis.

use crate::finding::{Finding, Level, Scan, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The document, dated `timestamp` (RFC 3339 in UTC). Its serial number is made of its content.
#[must_use]
pub fn cyclonedx(scan: &Scan, timestamp: &str) -> Value {
    let mut components: BTreeMap<&str, Value> = BTreeMap::new();
    let all = scan.findings.iter().chain(scan.suppressed.iter().map(|entry| &entry.finding));
    for finding in all.filter(|finding| !finding.package.purl.is_empty()) {
        let package = &finding.package;
        components.entry(&package.purl).or_insert_with(|| {
            json!({ "type": "library", "bom-ref": package.purl, "name": package.name, "version": package.version, "purl": package.purl })
        });
    }
    let mut vulnerabilities: Vec<Value> =
        scan.findings.iter().map(|finding| vulnerability(finding, None)).collect();
    vulnerabilities.extend(scan.suppressed.iter().map(|entry| {
        vulnerability(
            &entry.finding,
            Some(json!({ "state": "not_affected", "detail": format!("{}: {}", entry.by, entry.reason) })),
        )
    }));
    let content = serde_json::to_vec(&(&vulnerabilities, timestamp)).unwrap_or_default();
    let serial = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &content);
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{serial}"),
        "version": 1,
        "metadata": {
            "timestamp": timestamp,
            "tools": { "components": [{ "type": "application", "name": "casehard", "version": env!("CARGO_PKG_VERSION") }] },
            "component": { "type": "container", "bom-ref": "image", "name": scan.subject },
        },
        "components": components.into_values().collect::<Vec<_>>(),
        "vulnerabilities": vulnerabilities,
    })
}

fn vulnerability(finding: &Finding, analysis: Option<Value>) -> Value {
    let ratings: Vec<Value> = finding.severities.iter().map(rating).collect();
    let cwes: Vec<u32> =
        finding.cwes.iter().filter_map(|cwe| cwe.strip_prefix("CWE-")?.parse().ok()).collect();
    let source = finding.evidence.first().map(|evidence| evidence.source.clone()).unwrap_or_default();
    let mut value = json!({
        "bom-ref": format!("{}/{}", finding.id, finding.package.purl),
        "id": finding.id,
        "source": { "name": source },
        "ratings": ratings,
        "cwes": cwes,
        "affects": [{ "ref": if finding.package.purl.is_empty() { "image" } else { &finding.package.purl }, "versions": [{ "version": finding.package.version, "status": "affected" }] }],
    });
    if let Some(summary) = &finding.summary {
        value["description"] = json!(summary);
    }
    if !finding.aliases.is_empty() {
        let references: Vec<Value> =
            finding.aliases.iter().map(|id| json!({ "id": id, "source": { "name": source } })).collect();
        value["references"] = json!(references);
    }
    if let Some(version) = &finding.fix.version {
        value["recommendation"] = json!(format!("Upgrade {} to {version}", finding.package.name));
    }
    if let Some(analysis) = analysis {
        value["analysis"] = analysis;
        value["affects"][0]["versions"][0]["status"] = json!("unaffected");
    }
    value
}

fn rating(severity: &Severity) -> Value {
    let method = match severity.vector.as_deref() {
        Some(vector) if vector.starts_with("CVSS:4") => "CVSSv4",
        Some(vector) if vector.starts_with("CVSS:3.1") => "CVSSv31",
        Some(vector) if vector.starts_with("CVSS:3.0") => "CVSSv3",
        Some(_) => "CVSSv2",
        None => "other",
    };
    let level = match severity.level {
        // CycloneDX has no word between none and low.
        Level::Negligible => "info",
        level => level.as_str(),
    };
    let mut value = json!({ "source": { "name": severity.source }, "severity": level, "method": method });
    if let Some(score) = severity.score {
        value["score"] = json!(score);
    }
    if let Some(vector) = &severity.vector {
        value["vector"] = json!(vector);
    }
    value
}
