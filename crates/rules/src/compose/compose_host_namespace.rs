//! `compose-host-namespace`: a service shares a namespace of the host.

use crate::deployment::*;

rule! {
    "compose-host-namespace", Compose, High, true,
    "a service shares a namespace of the host",
    ["cis:5.10", "cis:5.16", "cis:5.17", "cis:5.21", "cis:5.31"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    const KEYS: [(&str, &str); 6] = [("network_mode", "network"), ("pid", "processes"), ("ipc", "memory segments"), ("uts", "name"), ("userns_mode", "users"), ("cgroup", "control groups")];
    for service in input.services() {
        for (key, what) in KEYS {
            if let Some((_, range)) = ComposeInput::value(service, key).filter(|(value, _)| value == "host") {
                report.at(range, format!("service {} shares the {what} of the host", service.name));
            }
        }
    }
}
