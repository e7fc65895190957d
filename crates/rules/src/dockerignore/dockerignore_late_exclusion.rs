//! `dockerignore-late-exclusion`: a later pattern takes an exception back.

use crate::build::*;

rule! {
    "dockerignore-late-exclusion", Dockerignore, Medium, true,
    "a later pattern takes an exception back",
    []
}

fn check(input: &IgnoreInput<'_>, report: &mut Report<'_>) {
    let patterns = &input.file.patterns;
    for (at, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| pattern.negated) {
        let plain = !pattern.pattern.contains(['*', '?', '[', '\\']);
        let later = patterns[at + 1..].iter().find(|later| !later.negated && later.matches_or_above(&pattern.pattern));
        // A pattern after it that takes it back again makes it count.
        let again = patterns[at + 1..].iter().rev().find(|later| later.matches_or_above(&pattern.pattern)).is_some_and(|last| last.negated);
        if let Some(later) = later.filter(|_| plain && !again) {
            report.at(pattern.range.clone(), format!("{} below takes this exception back", later.text));
        }
    }
}
