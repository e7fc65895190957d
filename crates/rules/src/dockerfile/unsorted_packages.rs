//! `unsorted-packages`: packages are not in the order of their names.

use crate::build::*;

rule! {
    "unsorted-packages", Dockerfile, Info, false,
    "packages are not in the order of their names",
    ["tally:sort-packages"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, install) in input.installs().filter(|(_, install)| matches!(install.manager, Manager::Apt | Manager::Apk | Manager::Dnf)) {
        let texts: Vec<&str> = install.packages.iter().filter(|word| word.literal.as_deref() == Some(&word.raw)).map(|word| word.raw.as_str()).collect();
        if texts.len() < install.packages.len() || texts.len() < 2 || texts.is_sorted() {
            continue;
        }
        let (first, last) = (install.packages[0], install.packages[texts.len() - 1]);
        let mut sorted = texts;
        sorted.sort_unstable();
        let found = report.at(first.range.clone(), "the packages are not in the order of their names");
        // What a comment says of a package stands beside it.
        let is_commented = step.comments.iter().any(|comment| comment.start < last.range.end && first.range.start < comment.end);
        if !is_commented {
            found.evidence_fix("sort them", install.packages.iter().zip(sorted).map(|(word, text)| replace(word.range.clone(), text)).collect());
        }
    }
}
