//! `shell-form-without-shell`: a shell form where there is no shell.

use crate::build::*;

rule! {
    "shell-form-without-shell", Dockerfile, High, true,
    "a shell form where there is no shell",
    ["tally:shell-run-in-scratch"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.instructions() {
        let Some(Form::Shell(text)) = instruction.command() else { continue };
        let Some(stage) = input.model.stage_of(index) else { continue };
        if text.text.trim().is_empty() || !input.is_shell_less(stage.index) {
            continue;
        }
        let name = instruction.name.text.to_ascii_uppercase();
        let found = report.at(instruction.range.clone(), format!("{name} in shell form needs /bin/sh, which this base does not have"));
        if let Some(json) = exec_form(text).filter(|_| instruction.keyword != Keyword::Run) {
            found.safe("write it in exec form", vec![replace(text.range(0..text.text.len()), json)]);
        }
    }
}
