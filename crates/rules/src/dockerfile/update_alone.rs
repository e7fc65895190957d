//! `update-alone`: package lists are fetched in a step of their own.

use crate::build::*;

rule! {
    "update-alone", Dockerfile, Medium, true,
    "package lists are fetched in a step of their own",
    ["trivy:DS-0017", "checkov:CKV_DOCKER_5", "dockle:CIS-DI-0007", "cis:4.7", "droast:DF028", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        let mut calls = step.calls();
        let (Some(call), None) = (calls.next(), calls.next()) else { continue };
        let lists = matches!((call.program(), call.subcommand()), ("apt-get" | "apt" | "aptitude" | "apk", "update") | ("zypper", "refresh" | "ref") | ("yum" | "dnf", "makecache"));
        if lists && !step.mounts_over("/var/lib/apt/lists") {
            report.at(call.range(), format!("{} {} in a step of its own is cached and grows old", call.program(), call.subcommand()));
        }
    }
}
