//! `compose-unlimited-processes`: a service may start any number of processes.

use crate::deployment::*;

rule! {
    "compose-unlimited-processes", Compose, Medium, true,
    "a service may start any number of processes",
    ["cis:5.29"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let limit = service.get("pids_limit").or_else(|| service.node.at(&["deploy", "resources", "limits", "pids"]));
        if limit.is_none_or(|limit| limit.integer().is_some_and(|limit| limit <= 0)) {
            report.at(service.name_range.clone(), format!("service {} may start any number of processes", service.name));
        }
    }
}
