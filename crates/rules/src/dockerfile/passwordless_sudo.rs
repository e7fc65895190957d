//! `passwordless-sudo`: everybody may become root without a password.

use crate::build::*;

rule! {
    "passwordless-sudo", Dockerfile, High, true,
    "everybody may become root without a password",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        for command in &step.commands {
            let writes = command.redirects.iter().any(|redirect| redirect.target.text().contains("/etc/sudoers"));
            let says = command.words.iter().any(|word| word.text().contains("NOPASSWD"));
            if says || (writes && matches!(command.program(), "echo" | "printf" | "cat")) {
                report.at(command.range.clone(), "an entry for sudo is written; an account may become root");
            }
        }
        for heredoc in &step.instruction.heredocs {
            if let Some(at) = heredoc.content.text.find("NOPASSWD") {
                report.at(heredoc.content.range(at..at + 8), "an entry for sudo without a password is written");
            }
        }
    }
}
