//! `literal-variable`: a variable stands in quotes that keep it from being replaced.

use crate::build::*;

rule! {
    "literal-variable", Dockerfile, Info, false,
    "a variable stands in quotes that keep it from being replaced",
    ["shellcheck:SC2016"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        for command in &step.commands {
            // What is written into a file or given on may be meant for another shell.
            let is_shown = command.program() == "echo" && command.redirects.is_empty() && command.next != Joint::Pipe;
            let words = command.assignments.iter().chain(command.arguments().iter().filter(|_| is_shown));
            for word in words {
                let text = word.raw.split_once('\'').map_or("", |(_, text)| text);
                let is_single = word.raw.ends_with('\'') && !word.raw.contains('"') && word.literal.is_some();
                if is_single && expansions(text.trim_end_matches('\'')).iter().any(|one| matches!(one.what, Expanded::Variable(_) | Expanded::Substitution)) {
                    report.at(word.range.clone(), "nothing is put in between single quotes");
                }
            }
        }
    }
}
