//! `comment-in-command`: a comment swallows the lines that follow.

use crate::build::*;

rule! {
    "comment-in-command", Dockerfile, High, true,
    "a comment swallows the lines that follow",
    ["hadolint:531"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.steps.iter().filter(|step| !step.is_script) {
        for range in &step.comments {
            let text = input.source(range.clone());
            if text.trim_end().contains('\n') && step.instruction.heredocs.is_empty() {
                report.at(range.clone(), "this comment goes on to the end of the instruction; the lines below are not run");
            }
        }
    }
}
