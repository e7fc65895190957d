//! `compose-writable-bind`: a folder of the host can be written by a service.

use crate::deployment::*;

rule! {
    "compose-writable-bind", Compose, Low, false,
    "a folder of the host can be written by a service",
    ["casehard:bind"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let facts = input.facts(service);
        for mount in service.mounts().into_iter().filter(|mount| mount.kind == "bind" && !mount.read_only) {
            let message = format!("service {} can write to {} of the host", service.name, mount.source.as_deref().unwrap_or_default());
            let place = format!("{}/", mount.target.trim_end_matches('/'));
            let unwritten = facts.and_then(|facts| facts.writes.as_ref()).is_some_and(|writes| !writes.iter().any(|path| path.starts_with(&place) || *path == mount.target));
            let source = input.text.get(mount.range.clone()).unwrap_or_default();
            let quoted = usize::from(source.ends_with(['"', '\'']));
            let plain = mount.short && source.trim_matches(['"', '\'']).matches(':').count() == 1;
            let at = mount.range.end - quoted;
            let found = report.at(mount.range, message);
            if unwritten && plain {
                found.evidence_fix("mount it read-only", vec![replace(at..at, ":ro")]);
            }
        }
    }
}
