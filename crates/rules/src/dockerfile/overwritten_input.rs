//! `overwritten-input`: a file is emptied before it is read.

use crate::build::*;

rule! {
    "overwritten-input", Dockerfile, Medium, true,
    "a file is emptied before it is read",
    ["shellcheck:SC2094"]
}

/// Programs that read the files that they are given.
const READERS: [&str; 22] = ["awk", "base64", "cat", "cut", "egrep", "envsubst", "fgrep", "gawk", "grep", "head", "iconv", "jq", "nl", "rev", "sed", "sort", "tac", "tail", "tr", "uniq", "xmllint", "yq"];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        for (at, command) in step.commands.iter().enumerate() {
            let written = command.redirects.iter().filter(|redirect| matches!(redirect.operator, ">" | ">|") && redirect.descriptor.unwrap_or(1) == 1);
            for redirect in written {
                let Some(file) = redirect.target.literal.as_deref().filter(|file| !file.is_empty() && !file.starts_with("/dev/")) else { continue };
                // The commands that are piped into this one, and itself.
                let first = (0..=at).rev().find(|index| step.commands[*index].joint != Joint::Pipe).unwrap_or(at);
                let reads = step.commands[first..=at].iter().filter(|other| other.depth == command.depth && other.substituted == command.substituted).any(|other| {
                    let call = Call::new(other);
                    let fed = other.redirects.iter().any(|redirect| redirect.operator == "<" && redirect.target.literal.as_deref() == Some(file));
                    fed || (READERS.contains(&call.program()) && call.arguments().iter().any(|word| word.literal.as_deref() == Some(file)))
                });
                if reads {
                    report.at(redirect.target.range.clone(), format!("{file} is emptied before it is read"));
                }
            }
        }
    }
}
