//! `image-healthcheck`: the image has no health check.

use crate::audit::*;

rule! {
    "image-healthcheck", Image, Low, true,
    "the image has no health check",
    ["dockle:CIS-DI-0006", "cis:4.6"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let container = input.container();
    let checked = container.healthcheck.as_ref().is_some_and(|check| !check.test.is_empty() && check.test[0] != "NONE");
    if !checked && !container.exposed_ports.is_empty() {
        report.on(config("Healthcheck"), "the image exposes a port and has no health check");
    }
}
