//! `useless-echo`: echo repeats what a command says by itself.

use crate::build::*;

rule! {
    "useless-echo", Dockerfile, Info, false,
    "echo repeats what a command says by itself",
    ["shellcheck:SC2005"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        for call in step.calls().filter(|call| call.program() == "echo") {
            let [word] = call.arguments() else { continue };
            let raw = word.raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(&word.raw);
            let found = expansions(raw);
            let whole = matches!(found.as_slice(), [one] if one.range == (0..raw.len()) && matches!(one.what, Expanded::Substitution | Expanded::Backticks));
            // `$(<file)` is no command.
            if whole && !raw.trim_start_matches(['$', '(', '`', ' ']).starts_with('<') {
                report.at(call.range(), "the command alone says the same, and its failure is not lost");
            }
        }
    }
}
