//! `update-without-install`: the history shows package lists fetched in a step of their own.

use crate::audit::*;

rule! {
    "update-without-install", Image, Low, true,
    "the history shows package lists fetched in a step of their own",
    ["dockle:CIS-DI-0007", "cis:4.7"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (entry, step) in input.image.config().history.iter().enumerate() {
        let Some(text) = &step.created_by else { continue };
        let text = text.trim().trim_end_matches("# buildkit").trim();
        let command = text.strip_prefix("RUN ").unwrap_or(text).trim_start_matches("/bin/sh -c").trim();
        if matches!(command, "apt-get update" | "apt update" | "apk update" | "apt-get -y update" | "apt-get update -y" | "yum makecache" | "dnf makecache") {
            report.on(casehard_finding::Location::History { entry }, format!("{command} in a step of its own grows old in the cache"));
        }
    }
}
