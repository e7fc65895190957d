//! `compose-unlimited-cpu`: a service may use all processors.

use crate::deployment::*;

rule! {
    "compose-unlimited-cpu", Compose, Low, true,
    "a service may use all processors",
    ["cis:5.12"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let legacy = ["cpus", "cpu_shares", "cpu_quota", "cpuset"].iter().any(|key| service.get(key).is_some());
        if !legacy && service.node.at(&["deploy", "resources", "limits", "cpus"]).is_none() {
            report.at(service.name_range.clone(), format!("service {} may use all processors", service.name));
        }
    }
}
