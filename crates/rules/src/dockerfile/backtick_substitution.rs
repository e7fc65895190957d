//! `backtick-substitution`: a command is substituted with backticks.

use crate::build::*;

rule! {
    "backtick-substitution", Dockerfile, Info, false,
    "a command is substituted with backticks",
    ["shellcheck:SC2006"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        for word in step.commands.iter().flat_map(|command| command.assignments.iter().chain(&command.words)) {
            for expansion in expansions(&word.raw) {
                if expansion.what != Expanded::Backticks {
                    continue;
                }
                let inside = word.raw[expansion.range.clone()].trim_matches('`').to_owned();
                let range = part(word, &expansion.range);
                let is_whole = word.range.len() == word.raw.len();
                let found = report.at(range.clone(), "$(…) says the same, and can be nested");
                // Within backticks these are read otherwise than within $(…).
                if is_whole && !inside.contains(['\\', '"', '#']) && !inside.starts_with('(') && range.len() > 2 {
                    found.safe("write $(…)", vec![replace(range.start..range.start + 1, "$("), replace(range.end - 1..range.end, ")")]);
                }
            }
        }
    }
}
