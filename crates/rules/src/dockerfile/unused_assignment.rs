//! `unused-assignment`: a step sets a variable that nothing reads.

use std::collections::BTreeMap;

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
        let assigned = || step.commands.iter().filter(|command| command.words.is_empty()).flat_map(|command| command.assignments.iter().map(move |word| (command, word)));
        if assigned().next().is_none() {
            continue;
        }
        // How often each name stands in the step, but where it is plainly assigned.
        let mut read: BTreeMap<&str, isize> = BTreeMap::new();
        let heredocs = step.instruction.heredocs.iter().map(|heredoc| heredoc.content.text.as_str());
        for name in std::iter::once(step.instruction.body.text.as_str()).chain(heredocs).flat_map(names) {
            *read.entry(name).or_default() += 1;
        }
        for (_, word) in assigned() {
            let name = assigned_name(&word.raw);
            if names(&word.raw).filter(|other| *other == name).count() == 1 {
                *read.entry(name).or_default() -= 1;
            }
        }
        for (command, word) in assigned() {
            if !command.substituted {
                let name = assigned_name(&word.raw);
                if read.get(name).is_none_or(|count| *count <= 0) && is_private(input, step, name) {
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

fn assigned_name(raw: &str) -> &str {
    raw.split(['=', '+', '[']).next().unwrap_or_default()
}

/// Everything in a text that may be a name.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).filter(|name| !name.is_empty())
}
