//! `missing-pipefail`: a failure in a pipe goes unnoticed.

use crate::build::*;

rule! {
    "missing-pipefail", Dockerfile, Low, true,
    "a failure in a pipe goes unnoticed",
    ["hadolint:DL4006", "droast:DF057", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.steps.iter().filter(|step| !step.is_exec) {
        let state = input.model.state(step.index);
        let set = state.shell.as_ref().is_some_and(|words| words.iter().any(|word| word.contains("pipefail")))
            || step.calls().any(|call| call.program() == "set" && call.arguments().iter().any(|word| word.text().contains("pipefail")));
        if set {
            continue;
        }
        let source = step.calls().find(|call| {
            matches!(call.program(), "curl" | "wget" | "gpg" | "gunzip" | "zcat" | "xzcat" | "unzip" | "git") && call.command.next == Joint::Pipe && !call.command.substituted
        });
        if let Some(call) = source {
            report.at(call.range(), format!("when {} fails, the pipe goes on and the step succeeds", call.program()));
        }
    }
}
