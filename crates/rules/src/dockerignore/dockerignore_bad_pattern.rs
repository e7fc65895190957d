//! `dockerignore-bad-pattern`: a line that is no pattern.

use crate::build::*;

rule! {
    "dockerignore-bad-pattern", Dockerignore, High, true,
    "a line that is no pattern",
    []
}

fn check(input: &IgnoreInput<'_>, report: &mut Report<'_>) {
    for (range, error) in &input.file.problems {
        report.at(range.clone(), error.to_string());
    }
}
