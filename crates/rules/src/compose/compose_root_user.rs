//! `compose-root-user`: a service is run as root.

use crate::deployment::*;

rule! {
    "compose-root-user", Compose, High, true,
    "a service is run as root",
    ["cis:4.1"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let Some((user, range)) = ComposeInput::value(service, "user") else { continue };
        if matches!(user.split(':').next(), Some("0" | "root")) {
            report.at(range, format!("service {} is run as root", service.name));
        }
    }
}
