//! `compose-cgroup-parent`: a service is put under another control group.

use crate::deployment::*;

rule! {
    "compose-cgroup-parent", Compose, Low, true,
    "a service is put under another control group",
    ["cis:5.25"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        if let Some((group, range)) = ComposeInput::value(service, "cgroup_parent") {
            report.at(range, format!("service {} is put under control group {group}", service.name));
        }
    }
}
