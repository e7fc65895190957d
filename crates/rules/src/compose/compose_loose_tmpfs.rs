//! `compose-loose-tmpfs`: a temporary file system without limits.

use crate::deployment::*;

rule! {
    "compose-loose-tmpfs", Compose, Low, false,
    "a temporary file system without limits",
    []
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for (mount, range) in service.texts("tmpfs") {
            let missing: Vec<&str> = ["size", "noexec", "nosuid"].into_iter().filter(|option| !mount.contains(option)).collect();
            if !missing.is_empty() {
                report.at(range, format!("tmpfs {mount} of service {} lacks {}", service.name, missing.join(", ")));
            }
        }
    }
}
