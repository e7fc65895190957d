//! `numbered-stage`: a stage is named by its number.

use crate::build::*;

rule! {
    "numbered-stage", Dockerfile, Info, true,
    "a stage is named by its number",
    ["droast:DF023", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, word) in input.stage_words() {
        if !word.text.is_empty() && word.text.bytes().all(|byte| byte.is_ascii_digit()) {
            report.at(word.range, format!("stage {} is named by its number", word.text));
        }
    }
}
