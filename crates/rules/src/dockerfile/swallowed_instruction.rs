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
            for (at, word) in command.words.iter().enumerate() {
                // The command itself may be indented; what would be an argument of it stands at the margin.
                let before = input.document.text()[..word.range.start].rsplit('\n').next().unwrap_or_default();
                let starts_line = if at == 0 { before.trim().is_empty() } else { before.is_empty() };
                let known = Keyword::of(&word.raw) != Keyword::Unknown && word.raw.chars().all(char::is_uppercase);
                if known && starts_line {
                    report.at(word.range.clone(), format!("this {} is a part of the RUN above it", word.raw));
                    break;
                }
            }
        }
    }
}
