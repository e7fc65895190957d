//! `dockerignore-comment-in-line`: a comment behind a pattern is a part of it.

use crate::build::*;

rule! {
    "dockerignore-comment-in-line", Dockerignore, Medium, true,
    "a comment behind a pattern is a part of it",
    []
}

fn check(input: &IgnoreInput<'_>, report: &mut Report<'_>) {
    for pattern in &input.file.patterns {
        if pattern.text.contains(" #") {
            report.at(pattern.range.clone(), "what follows # is a part of the pattern, which so matches nothing");
        }
    }
}
