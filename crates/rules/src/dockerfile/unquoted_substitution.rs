//! `unquoted-substitution`: the output of a command stands without quotes where a shell splits it.

use crate::build::*;

rule! {
    "unquoted-substitution", Dockerfile, Info, false,
    "the output of a command stands without quotes where a shell splits it",
    ["shellcheck:SC2046"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        for (_, word) in step.split_words() {
            for expansion in expansions(&word.raw).into_iter().filter(|expansion| !expansion.quoted) {
                if matches!(expansion.what, Expanded::Substitution | Expanded::Backticks) {
                    let found = report.at(part(word, &expansion.range), "blanks and patterns in this output become more words, and nothing becomes none");
                    quoted_in(found, word, &expansion);
                }
            }
        }
    }
}
