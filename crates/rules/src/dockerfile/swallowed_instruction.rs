//! `swallowed-instruction`: a continuation swallows the next instruction.

use crate::build::*;

rule! {
    "swallowed-instruction", Dockerfile, High, true,
    "a continuation swallows the next instruction",
    ["hadolint:853"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.steps.iter().filter(|step| !step.is_script) {
        for command in &step.commands {
            let Some(first) = command.words.first() else { continue };
            let starts_line = input.document.text()[..first.range.start].rsplit('\n').next().is_some_and(|before| before.trim().is_empty());
            let known = Keyword::of(&first.raw) != Keyword::Unknown && first.raw.chars().all(char::is_uppercase);
            if known && starts_line {
                report.at(first.range.clone(), format!("this {} is a part of the RUN above it", first.raw));
            }
        }
    }
}
