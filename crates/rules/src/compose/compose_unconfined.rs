//! `compose-unconfined`: a protection of the kernel is switched off.

use crate::deployment::*;

rule! {
    "compose-unconfined", Compose, High, true,
    "a protection of the kernel is switched off",
    ["cis:5.2", "cis:5.3", "cis:5.22", "semgrep:seccomp-confinement-disabled"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for (option, range) in service.texts("security_opt") {
            let option = option.replace('=', ":");
            if matches!(option.as_str(), "seccomp:unconfined" | "apparmor:unconfined" | "label:disable" | "systempaths:unconfined") {
                report.at(range, format!("service {} runs without {}", service.name, option.split(':').next().unwrap_or_default()));
            }
        }
    }
}
