//! `image-sensitive-volume`: the image declares a volume over a system directory.

use crate::audit::*;

rule! {
    "image-sensitive-volume", Image, Medium, true,
    "the image declares a volume over a system directory",
    ["dockle:DKL-DI-0002"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    const PLACES: [&str; 13] = ["", "/etc", "/proc", "/sys", "/dev", "/boot", "/bin", "/sbin", "/usr", "/lib", "/root", "/var/run/docker.sock", "/run/docker.sock"];
    for path in input.container().volumes.keys() {
        if PLACES.contains(&path.trim_end_matches('/')) {
            report.on(config("Volumes"), format!("{path} is a system directory"));
        }
    }
}
