//! `shell-wrapper`: a shell stands between the signals and the application.

use crate::build::*;

rule! {
    "shell-wrapper", Dockerfile, Low, true,
    "a shell stands between the signals and the application",
    ["hadolint:DL3025"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, instruction) in input.each(Keyword::Entrypoint).chain(input.each(Keyword::Cmd)) {
        let Some(Form::Exec(words)) = instruction.command() else { continue };
        let [program, flag, script, ..] = words.as_slice() else { continue };
        let is_shell = is_posix_shell(&program.text);
        if !is_shell || !flag.text.starts_with('-') || !flag.text.ends_with('c') {
            continue;
        }
        let text = casehard_dockerfile::Mapped::whole(&script.text, 0);
        let commands = casehard_dockerfile::shell::parse(&text).commands;
        let Some(last) = commands.iter().rfind(|command| !command.substituted && !command.words.is_empty()) else { continue };
        if !commands.iter().any(|command| command.program() == "exec") && commands.len() > 1 && last.program() != "wait" {
            report.at(script.range.clone(), "the shell gets the signals and passes none on");
        }
    }
}
