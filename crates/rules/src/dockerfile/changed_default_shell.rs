//! `changed-default-shell`: /bin/sh is replaced by another shell.

use crate::build::*;

rule! {
    "changed-default-shell", Dockerfile, Low, true,
    "/bin/sh is replaced by another shell",
    ["hadolint:DL4005", "droast:DF066", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(_, call)| matches!(call.program(), "ln" | "mv" | "cp")) {
        let targets: Vec<&str> = call.arguments().iter().map(casehard_dockerfile::shell::ShellWord::text).filter(|text| !text.starts_with('-')).collect();
        if targets.len() > 1 && matches!(targets.last(), Some(&("/bin/sh" | "/usr/bin/sh"))) {
            report.at(call.range(), "the system's shell is replaced; SHELL changes it for build steps only");
        }
    }
}
