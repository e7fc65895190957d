//! `image-healthcheck-tool`: the health check runs a program that the image does not have.

use crate::audit::*;

rule! {
    "image-healthcheck-tool", Image, High, true,
    "the health check runs a program that the image does not have",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(check) = &input.container().healthcheck else { return };
    let program = match check.test.split_first() {
        Some((kind, rest)) if kind == "CMD" => rest.first().map(String::as_str),
        Some((kind, rest)) if kind == "CMD-SHELL" => {
            if input.at("/bin/sh").is_none() {
                report.on(config("Healthcheck"), "the health check needs /bin/sh, which the image does not have");
                return;
            }
            rest.first().and_then(|text| text.split_whitespace().next()).filter(|word| !word.contains(['=', '$', '(', '[', '{', '!', ';', '"', '\'']))
        }
        _ => None,
    };
    let Some(program) = program else { return };
    let builtin = ["test", "if", "exit", "true", "false", "echo", "cd", "exec", "command", "set", "for", "while", "."].contains(&program);
    let there = if program.contains('/') { input.at(program).is_some() } else { builtin || !input.program_named(&[program]).is_empty() };
    if !there {
        report.on(config("Healthcheck"), format!("the health check runs {program}, which the image does not have"));
    }
}
