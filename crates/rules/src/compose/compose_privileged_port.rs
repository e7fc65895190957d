//! `compose-privileged-port`: a port of the host below 1024 is published.

use crate::deployment::*;

rule! {
    "compose-privileged-port", Compose, Low, false,
    "a port of the host below 1024 is published",
    ["cis:5.8", "kics:privileged-ports"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for port in service.ports() {
            let number = port.published.as_deref().and_then(|text| text.split('-').next()?.parse::<u32>().ok());
            if number.is_some_and(|number| number < 1024 && !matches!(number, 80 | 443 | 0 | 22)) {
                report.at(port.range, format!("service {} takes port {} of the host", service.name, port.published.unwrap_or_default()));
            }
        }
    }
}
