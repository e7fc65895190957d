//! `unquoted-variable`: a variable stands without quotes where a shell splits it.

use crate::build::*;

rule! {
    "unquoted-variable", Dockerfile, Info, false,
    "a variable stands without quotes where a shell splits it",
    ["shellcheck:SC2086", "shellcheck:SC2248"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        let state = input.model.state(step.index);
        // What is known here to be one word is one with and without quotes.
        let is_one_word = |name: &str| match state.lookup(name) {
            casehard_dockerfile::Lookup::Set(value) => is_unsplit(&value),
            _ => step.sets_plainly(name),
        };
        for (_, word) in step.split_words() {
            for expansion in expansions(&word.raw).into_iter().filter(|expansion| !expansion.quoted) {
                let Expanded::Variable(name) = expansion.what else { continue };
                if !is_one_word(name) {
                    let found = report.at(part(word, &expansion.range), format!("blanks and patterns in ${name} become more words, and nothing becomes none"));
                    quoted_in(found, word, &expansion);
                }
            }
        }
    }
}
