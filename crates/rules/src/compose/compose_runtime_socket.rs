//! `compose-runtime-socket`: a service gets the socket of the container runtime.

use crate::deployment::*;

rule! {
    "compose-runtime-socket", Compose, Critical, true,
    "a service gets the socket of the container runtime",
    ["cis:5.32", "semgrep:exposing-docker-socket-volume"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for mount in service.mounts() {
            if mount.source.as_deref().and_then(|source| interpolate(source).text).is_some_and(|source| runtime_socket(&source)) {
                report.at(mount.range, format!("service {} can tell the container runtime what to do, and so is root on the host", service.name));
            }
        }
    }
}
