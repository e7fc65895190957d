//! `dockerignore-dead-pattern`: a pattern matches nothing.

use crate::build::*;

rule! {
    "dockerignore-dead-pattern", Dockerignore, Info, false,
    "a pattern matches nothing",
    []
}

fn check(input: &IgnoreInput<'_>, report: &mut Report<'_>) {
    let Some(context) = input.context.filter(|context| context.complete) else { return };
    for pattern in input.file.patterns.iter().filter(|pattern| !pattern.negated) {
        if !context.files.iter().any(|file| pattern.matches_or_above(file)) {
            report.at(pattern.range.clone(), format!("{} matches nothing that is here", pattern.text));
        }
    }
}
