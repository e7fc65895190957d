//! `useless-cat`: cat gives one file to a pipe.

use crate::build::*;

rule! {
    "useless-cat", Dockerfile, Info, false,
    "cat gives one file to a pipe",
    ["shellcheck:SC2002"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(step, call)| !step.is_exec && call.program() == "cat") {
        let [file] = call.arguments() else { continue };
        let begins = call.command.next == Joint::Pipe && call.command.joint != Joint::Pipe && call.command.redirects.is_empty();
        if begins && !file.text().starts_with('-') {
            report.at(call.range(), format!("< {} gives the file without cat, and fails when it is not there", file.raw));
        }
    }
}
