//! `dockerignore-root-only`: a pattern matches at the top only, and there are such files below.

use crate::build::*;

rule! {
    "dockerignore-root-only", Dockerignore, Low, true,
    "a pattern matches at the top only, and there are such files below",
    []
}

fn check(input: &IgnoreInput<'_>, report: &mut Report<'_>) {
    let Some(context) = input.context else { return };
    for pattern in input.file.patterns.iter().filter(|pattern| !pattern.negated && !pattern.pattern.contains('/') && pattern.pattern != "*" && pattern.pattern != "**") {
        let below = context.files.iter().take(4000).find(|file| {
            !input.file.ignores(file) && file.split('/').skip(1).any(|part| pattern.matches(part))
        });
        if let Some(file) = below {
            let found = report.at(pattern.range.clone(), format!("{} matches at the top only; {file} is sent to the builder", pattern.text));
            found.evidence_fix("match everywhere", vec![insert(pattern.range.start, "**/")]);
        }
    }
}
