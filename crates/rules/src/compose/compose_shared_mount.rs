//! `compose-shared-mount`: mounts made in the container appear on the host.

use crate::deployment::*;

rule! {
    "compose-shared-mount", Compose, Medium, true,
    "mounts made in the container appear on the host",
    ["cis:5.20"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for mount in service.mounts() {
            if mount.propagation.as_deref().is_some_and(|kind| matches!(kind, "shared" | "rshared")) {
                report.at(mount.range, format!("mounts that service {} makes below {} appear on the host", service.name, mount.target));
            }
        }
    }
}
