//! `shell-form-command`: CMD or ENTRYPOINT in shell form.

use crate::build::*;

rule! {
    "shell-form-command", Dockerfile, Low, true,
    "CMD or ENTRYPOINT in shell form",
    ["hadolint:DL3025", "buildkit:JSONArgsRecommended", "droast:DF018", "droast:DF025", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.instructions() {
        if !matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint) {
            continue;
        }
        let Some(Form::Shell(text)) = instruction.command() else { continue };
        let shell_set = input.model.state(index).shell.is_some();
        let shell_less = input.model.stage_of(index).is_some_and(|stage| input.is_shell_less(stage.index));
        // `exec` hands the process over, so signals arrive; a set SHELL says that shell form is meant.
        if text.text.trim().is_empty() || shell_set || shell_less || text.text.trim_start().starts_with(['[']) || text.text.contains("exec ") {
            continue;
        }
        let name = instruction.name.text.to_ascii_uppercase();
        let found = report.at(instruction.range.clone(), format!("{name} in shell form: signals reach the shell, not the application"));
        if let Some(json) = exec_form(text) {
            found.evidence_fix("write it in exec form", vec![replace(text.range(0..text.text.len()), json)]);
        }
    }
}
