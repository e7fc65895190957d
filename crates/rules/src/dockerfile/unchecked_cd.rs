//! `unchecked-cd`: a step goes on where cd failed.

use crate::build::*;

rule! {
    "unchecked-cd", Dockerfile, Low, true,
    "a step goes on where cd failed",
    ["shellcheck:SC2164"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.steps.iter().filter(|step| !step.is_exec) {
        let stops = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
        let shell_stops = input.model.state(step.index).shell.as_ref().is_some_and(|words| words.iter().any(|word| stops(word) && word.len() < 8));
        let set = step.calls().any(|call| call.program() == "set" && call.arguments().iter().any(|word| stops(word.text()) || word.text() == "errexit"));
        if shell_stops || set || step.is_script {
            continue;
        }
        let mut calls = step.calls().filter(|call| !call.command.substituted && call.command.depth == 0).peekable();
        while let Some(call) = calls.next() {
            let goes_on = call.program() == "cd" && call.command.next == Joint::Sequence && calls.peek().is_some();
            if goes_on {
                report.at(call.range(), "when this directory is not there, what follows runs in another one");
            }
        }
    }
}
