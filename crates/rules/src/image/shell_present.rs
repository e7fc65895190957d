//! `shell-present`: the image has a shell.

use crate::audit::*;

rule! {
    "shell-present", Image, Low, true,
    "the image has a shell",
    ["cis:4.3"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let shells = input.program_named(&crate::shells::SHELLS);
    if let Some(first) = shells.first() {
        let mut names: Vec<String> = shells.iter().map(|entry| entry.path().to_string()).collect();
        names.sort();
        names.dedup();
        report.on(place(*first), format!("the image has a shell: {}", names.join(", ")));
    }
}
