//! `setuid-file`: a program runs as its owner whoever starts it.

use crate::audit::*;

rule! {
    "setuid-file", Image, High, true,
    "a program runs as its owner whoever starts it",
    ["dockle:CIS-DI-0008", "cis:4.8"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for entry in input.tree.walk().filter(|entry| entry.is_file() && entry.mode() & 0o6000 != 0) {
        // Without the execute bit the identity is never taken.
        if entry.mode() & 0o111 == 0 {
            continue;
        }
        let mode = entry.mode();
        let kind = match (mode & 0o4000 != 0, mode & 0o2000 != 0) {
            (true, true) => "setuid and setgid",
            (true, false) => "setuid",
            _ => "setgid",
        };
        let message = format!("{} is {kind} (mode {mode:04o}, owner {}:{})", entry.path(), entry.uid(), entry.gid());
        let found = report.on(place(entry), message);
        if entry.uid() != 0 || mode & 0o4000 == 0 {
            found.severity(casehard_finding::Severity::Medium);
        }
    }
}
