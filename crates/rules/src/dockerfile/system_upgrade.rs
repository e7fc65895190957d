//! `system-upgrade`: the whole system is upgraded in a build step.

use crate::build::*;

rule! {
    "system-upgrade", Dockerfile, Info, false,
    "the whole system is upgraded in a build step",
    ["hadolint:DL3035", "trivy:DS-0024", "dockle:DKL-DI-0003", "droast:DF069", "cis:4.4"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls() {
        let upgrades = match call.program() {
            "apt-get" | "apt" | "aptitude" => matches!(call.subcommand(), "upgrade" | "dist-upgrade" | "full-upgrade"),
            "apk" => call.subcommand() == "upgrade",
            "yum" | "dnf" | "microdnf" => matches!(call.subcommand(), "update" | "upgrade") && call.arguments().iter().filter(|word| !word.text().starts_with('-')).count() == 1,
            "zypper" => matches!(call.subcommand(), "update" | "up" | "dup" | "dist-upgrade"),
            _ => false,
        };
        if upgrades {
            report.at(call.range(), "every package is upgraded; a newer base image does that openly");
        }
    }
}
