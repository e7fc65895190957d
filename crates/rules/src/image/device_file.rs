//! `device-file`: a device file is in the image.

use crate::audit::*;

rule! {
    "device-file", Image, High, true,
    "a device file is in the image",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_image::Kind;
    for entry in input.tree.walk() {
        let (kind, major, minor) = match entry.kind() {
            Kind::CharDevice { major, minor } => ("character", major, minor),
            Kind::BlockDevice { major, minor } => ("block", major, minor),
            _ => continue,
        };
        // Null, zero, full, random, urandom, tty, console and ptmx are what every runtime makes.
        let harmless = kind == "character" && matches!((major, minor), (1, 3 | 5 | 7 | 8 | 9) | (5, 0..=2));
        if !harmless {
            report.on(place(entry), format!("{} is a {kind} device ({major}:{minor})", entry.path()));
        }
    }
}
