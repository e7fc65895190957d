//! `compose-privileged`: a service is privileged.

use crate::deployment::*;

rule! {
    "compose-privileged", Compose, Critical, true,
    "a service is privileged",
    ["cis:5.5", "semgrep:privileged-service"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services().filter(|service| ComposeInput::is_true(service, "privileged")) {
        let Some(node) = service.get("privileged") else { continue };
        report.at(node.range.clone(), format!("service {} has all rights of the host", service.name)).evidence_fix("take the privileges away", vec![replace(node.range.clone(), "false")]);
    }
}
