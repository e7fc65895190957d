//! `file-capability`: a program has capabilities of its own.

use crate::audit::*;

rule! {
    "file-capability", Image, Medium, true,
    "a program has capabilities of its own",
    ["cis:4.8"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for entry in input.tree.walk().filter(|entry| entry.is_file()) {
        if entry.xattrs().keys().any(|name| **name == *b"security.capability") {
            report.on(place(entry), format!("{} has file capabilities", entry.path()));
        }
    }
}
