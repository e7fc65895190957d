//! `misordered-redirect`: errors go where the output went before.

use crate::build::*;

rule! {
    "misordered-redirect", Dockerfile, Low, true,
    "errors go where the output went before",
    ["shellcheck:SC2069"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        for command in step.commands.iter().filter(|command| !command.substituted && command.depth == 0 && command.next != Joint::Pipe) {
            let copies = command.redirects.iter().position(|redirect| redirect.operator == ">&" && redirect.descriptor == Some(2) && redirect.target.text() == "1");
            let Some(at) = copies else { continue };
            let later = command.redirects[at + 1..].iter().find(|redirect| matches!(redirect.operator, ">" | ">>" | ">|") && redirect.descriptor.unwrap_or(1) == 1);
            let before = command.redirects[..at].iter().any(|redirect| redirect.descriptor.unwrap_or(1) == 1 && redirect.operator.starts_with('>'));
            if let Some(later) = later.filter(|_| !before) {
                report.at(command.range.clone(), format!("2>&1 stands before > {}, so errors do not go there", later.target.text()));
            }
        }
    }
}
