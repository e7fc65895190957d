//! `compose-endless-restart`: a service is restarted without an end.

use crate::deployment::*;

rule! {
    "compose-endless-restart", Compose, Info, false,
    "a service is restarted without an end",
    ["cis:5.15"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        if let Some((_, range)) = ComposeInput::value(service, "restart").filter(|(value, _)| matches!(value.as_str(), "always" | "unless-stopped" | "on-failure")) {
            report.at(range, format!("service {} is restarted without an end", service.name));
        }
    }
}
