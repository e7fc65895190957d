//! `world-writable-file`: every account may write a file or directory.

use crate::audit::*;

rule! {
    "world-writable-file", Image, High, true,
    "every account may write a file or directory",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for entry in input.tree.walk() {
        let matters = entry.is_file() || (entry.is_directory() && entry.mode() & 0o1000 == 0);
        if matters && entry.mode() & 0o002 != 0 {
            report.on(place(entry), format!("{} may be written by every account (mode {:04o})", entry.path(), entry.mode()));
        }
    }
}
