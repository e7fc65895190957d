//! `sensitive-volume`: a volume over a system directory.

use crate::build::*;

rule! {
    "sensitive-volume", Dockerfile, Medium, true,
    "a volume over a system directory",
    ["dockle:DKL-DI-0002"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    const PLACES: [&str; 14] = ["/", "/etc", "/proc", "/sys", "/dev", "/boot", "/bin", "/sbin", "/usr", "/lib", "/root", "/var/run/docker.sock", "/run/docker.sock", "/usr/bin"];
    for (index, instruction) in input.each(Keyword::Volume) {
        for word in instruction.words() {
            let Value::Known(path) = input.model.value_at(word, index) else { continue };
            let path = if path == "/" { "/" } else { path.trim_end_matches('/') };
            if PLACES.contains(&path) {
                report.at(word.range.clone(), format!("{path} is a system directory"));
            }
        }
    }
}
