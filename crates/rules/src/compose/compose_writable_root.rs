//! `compose-writable-root`: the root file system of a service can be written.

use crate::deployment::*;

rule! {
    "compose-writable-root", Compose, Medium, true,
    "the root file system of a service can be written",
    ["cis:5.13", "semgrep:writable-filesystem-service"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        if ComposeInput::is_true(service, "read_only") || service.get("read_only").and_then(Node::text).is_some_and(|text| text.contains('$')) {
            continue;
        }
        let found = report.at(service.name_range.clone(), format!("the root file system of service {} can be written", service.name));
        match service.node.entry("read_only") {
            Some(entry) if !entry.merged => {
                found.evidence_fix("make the root file system read-only", vec![replace(entry.node.range.clone(), "true")]);
            }
            _ => {
                if let Some(edits) = add_entry(input.text, &service.node, &["read_only: true"]) {
                    found.evidence_fix("make the root file system read-only", edits);
                }
            }
        }
    }
}
