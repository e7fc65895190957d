//! `sudo-present`: sudo, doas or su is in the image.

use crate::audit::*;

rule! {
    "sudo-present", Image, High, true,
    "sudo, doas or su is in the image",
    ["dockle:DKL-DI-0001"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for entry in input.program_named(&["sudo", "doas", "su", "pkexec"]) {
        if entry.is_file() && entry.mode() & 0o4000 != 0 {
            report.on(place(entry), format!("{} makes others of its users", entry.path()));
        }
    }
}
