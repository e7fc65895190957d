//! `compose-sensitive-mount`: a directory of the host's system is mounted.

use crate::deployment::*;

rule! {
    "compose-sensitive-mount", Compose, High, true,
    "a directory of the host's system is mounted",
    ["cis:5.6"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    use casehard_finding::Severity;
    for service in input.services() {
        for mount in service.mounts().into_iter().filter(|mount| mount.kind == "bind") {
            let Some(source) = mount.source.as_deref().and_then(|source| interpolate(source).text) else { continue };
            if source.starts_with('/') && sensitive_place(&source) && !runtime_socket(&source) {
                let how = if mount.read_only { "read" } else { "write" };
                let found = report.at(mount.range, format!("service {} may {how} {source} of the host", service.name));
                if mount.read_only {
                    found.severity(Severity::Medium);
                }
            }
        }
    }
}
