//! `unsafe-remove`: a variable that may be empty decides what is deleted.

use crate::build::*;

rule! {
    "unsafe-remove", Dockerfile, Medium, true,
    "a variable that may be empty decides what is deleted",
    ["shellcheck:SC2115"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls().filter(|(_, call)| call.program() == "rm" && call.has_flag(&["-r", "-R", "--recursive"])) {
        for word in call.arguments().iter().filter(|word| word.literal.is_none()) {
            let text = word.raw.replace('"', "");
            let Some(rest) = text.strip_prefix('$') else { continue };
            let (name, after) = match rest.strip_prefix('{') {
                Some(inside) => match inside.split_once('}') {
                    Some((name, after)) => (name, after),
                    None => continue,
                },
                None => rest.split_at(rest.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(rest.len())),
            };
            let plain = !name.is_empty() && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
            let whole = matches!(after, "/" | "/*" | "/." | "/.*");
            let state = input.model.state(step.index);
            let known = matches!(state.lookup(name), casehard_dockerfile::Lookup::Set(text) if !text.is_empty());
            let set_here = step.commands.iter().any(|command| command.assignments.iter().chain(&command.words).any(|word| word.raw.starts_with(&format!("{name}="))) || (command.program() == "for" || command.program() == "read"));
            if plain && whole && !known && !set_here {
                report.at(word.range.clone(), format!("when {name} is empty, this deletes from the root on"));
            }
        }
    }
}
