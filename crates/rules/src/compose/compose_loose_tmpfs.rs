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
            // Docker mounts it `noexec`, `nosuid` and `nodev` unless it is told otherwise.
            let (place, options) = mount.split_once(':').unwrap_or((mount, ""));
            let options: Vec<&str> = options.split(',').collect();
            let mut loose: Vec<&str> = options.iter().copied().filter(|option| matches!(*option, "exec" | "suid" | "dev")).collect();
            if !options.iter().any(|option| option.starts_with("size=")) {
                loose.push("without a size");
            }
            if !loose.is_empty() {
                report.at(range, format!("tmpfs {place} of service {} is mounted {}", service.name, loose.join(", ")));
            }
        }
    }
}
