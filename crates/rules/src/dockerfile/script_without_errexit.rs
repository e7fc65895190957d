//! `script-without-errexit`: a script in a here-document goes on after errors.

use crate::build::*;

rule! {
    "script-without-errexit", Dockerfile, Medium, true,
    "a script in a here-document goes on after errors",
    ["hadolint:882"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.steps.iter().filter(|step| step.is_script && step.commands.len() > 1) {
        let Some(heredoc) = step.instruction.heredocs.first() else { continue };
        let text = heredoc.content.text.as_str();
        let first = text.lines().next().unwrap_or_default();
        let shebang = first.starts_with("#!");
        let in_shebang = shebang && first.split_whitespace().any(|word| word.starts_with('-') && word.contains('e'));
        let in_shell = input.model.state(step.index).shell.as_ref().is_some_and(|words| words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('e')));
        let set = step.calls().any(|call| call.program() == "set" && call.arguments().iter().any(|word| {
            let text = word.text();
            text == "errexit" || (text.starts_with('-') && !text.starts_with("--") && text.contains('e'))
        }));
        let on_line = step.instruction.body.text.split_whitespace().any(|word| word == "-e" || word == "-eu" || word == "-ex" || word == "-eux");
        let all_joined = step.commands.iter().skip(1).all(|command| command.joint != Joint::Sequence);
        if in_shebang || in_shell || set || on_line || all_joined {
            continue;
        }
        let at = heredoc.range.start + if shebang { first.len() + 1 } else { 0 };
        report.at(heredoc.opener.clone(), "the script goes on when a command fails").safe("stop at the first error", vec![insert(at, "set -e\n")]);
    }
}
