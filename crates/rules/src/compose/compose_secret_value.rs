//! `compose-secret-value`: a secret is written in the file.

use crate::deployment::*;

rule! {
    "compose-secret-value", Compose, High, true,
    "a secret is written in the file",
    ["checkov:CKV_SECRET_6"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for (name, value, range) in service.pairs("environment") {
            let Some(value) = value else { continue };
            if crate::secret::is_secret_name(&name) && !crate::secret::is_placeholder(&value) {
                report.at(range, format!("the value of {name} of service {} stands in the file", service.name));
            }
        }
    }
    for hit in crate::secret::find(input.text.as_bytes()) {
        report.at(hit.range, format!("this looks like a {}", hit.what)).severity(casehard_finding::Severity::Critical);
    }
}
