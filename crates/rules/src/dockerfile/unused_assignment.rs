//! `unused-assignment`: a step sets a variable that nothing reads.

use crate::build::*;

rule! {
    "unused-assignment", Dockerfile, Low, false,
    "a step sets a variable that nothing reads",
    ["shellcheck:SC2034"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        // What is read in, or run from text, may use any variable.
        let opens = step.calls().any(|call| {
            let words = call.arguments();
            matches!(call.program(), "." | "source" | "eval" | "read" | "declare" | "typeset" | "local" | "envsubst") || (call.program() == "set" && words.iter().any(|word| word.text().contains('a')))
        });
        if opens {
            continue;
        }
        let text = &step.instruction.body.text;
        for command in step.commands.iter().filter(|command| command.words.is_empty() && !command.substituted) {
            for word in &command.assignments {
                let name = word.raw.split(['=', '+', '[']).next().unwrap_or_default();
                if is_private(input, step, name) && !is_read(text, step, name) {
                    report.at(word.range.clone(), format!("{name} is set for the rest of this step alone, and nothing in it reads it"));
                }
            }
        }
    }
}

/// Whether no program can see a variable: where the environment has one of this name, an assignment changes that.
fn is_private(input: &Input<'_>, step: &Step<'_>, name: &str) -> bool {
    // What these images have in their environment is known; of others only that names of it are in capitals.
    let plain = input.image_below(step.stage).map(ImageName::parse).is_some_and(|image| ["debian", "ubuntu", "alpine", "busybox"].iter().any(|known| image.is_official(known)));
    // The shell itself goes by these.
    let own = matches!(name, "PATH" | "IFS" | "HOME" | "LANG" | "PWD" | "ENV" | "PS4" | "OPTIND" | "_" | "SHELLOPTS" | "BASHOPTS" | "BASH_ENV" | "POSIXLY_CORRECT") || name.starts_with("LC_");
    let state = input.model.state(step.index);
    let known = state.env.contains_key(name) || state.args.contains_key(name) || matches!(name.to_ascii_lowercase().as_str(), "http_proxy" | "https_proxy" | "ftp_proxy" | "no_proxy" | "all_proxy");
    !name.is_empty() && !own && !known && (plain || name.bytes().any(|byte| byte.is_ascii_lowercase()))
}

/// Whether the name stands anywhere in the step but where it is assigned.
fn is_read(text: &str, step: &Step<'_>, name: &str) -> bool {
    let of = |text: &str| {
        let part = |c: char| c == '_' || c.is_ascii_alphanumeric();
        text.match_indices(name).filter(|(at, _)| !text[..*at].ends_with(part) && !text[at + name.len()..].starts_with(part)).count()
    };
    let all: usize = of(text) + step.instruction.heredocs.iter().map(|heredoc| of(&heredoc.content.text)).sum::<usize>();
    let assigned = step.commands.iter().flat_map(|command| command.words.is_empty().then_some(&command.assignments).into_iter().flatten());
    let plain = |word: &&casehard_dockerfile::shell::ShellWord| word.raw.strip_prefix(name).is_some_and(|rest| rest.starts_with(['=', '+', '[']) && of(rest) == 0);
    all > assigned.filter(plain).count()
}
