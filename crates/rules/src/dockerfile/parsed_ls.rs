//! `parsed-ls`: the output of ls is read by another program.

use crate::build::*;

rule! {
    "parsed-ls", Dockerfile, Info, false,
    "the output of ls is read by another program",
    ["shellcheck:SC2012", "shellcheck:SC2010", "shellcheck:SC2011"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(step, call)| !step.is_exec && call.program() == "ls") {
        if call.command.next == Joint::Pipe {
            report.at(call.range(), "names come out of ls as it likes to show them: use find, or a pattern");
        }
    }
}
