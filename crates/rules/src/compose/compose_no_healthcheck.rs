//! `compose-no-healthcheck`: a service has no health check.

use crate::deployment::*;

rule! {
    "compose-no-healthcheck", Compose, Low, false,
    "a service has no health check",
    ["cis:5.27"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        if service.get("healthcheck").is_none() {
            report.at(service.name_range.clone(), format!("service {} has no health check in this file", service.name));
        }
    }
}
