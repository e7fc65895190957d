//! `compose-unlimited-memory`: a service may use all memory.

use crate::deployment::*;

rule! {
    "compose-unlimited-memory", Compose, Medium, true,
    "a service may use all memory",
    ["cis:5.11"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        if service.get("mem_limit").is_none() && service.node.at(&["deploy", "resources", "limits", "memory"]).is_none() {
            report.at(service.name_range.clone(), format!("service {} may use all memory", service.name));
        }
    }
}
