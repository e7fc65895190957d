//! `compose-ssh-port`: the SSH port of a service is published.

use crate::deployment::*;

rule! {
    "compose-ssh-port", Compose, Medium, true,
    "the SSH port of a service is published",
    ["cis:5.7"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for port in service.ports().into_iter().filter(|port| port.target == "22") {
            report.at(port.range, format!("service {} publishes the SSH port", service.name));
        }
    }
}
