//! `masked-exit-status`: export hides that the command in its value failed.

use crate::build::*;

rule! {
    "masked-exit-status", Dockerfile, Low, true,
    "export hides that the command in its value failed",
    ["shellcheck:SC2155"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        // Looked up once: a step may have as many commands as fit into a file.
        let mut stops = None;
        for command in &step.commands {
            let program = command.program();
            if !matches!(program, "export" | "local" | "declare" | "readonly" | "typeset") {
                continue;
            }
            let matters = command.next == Joint::And || (command.next == Joint::Sequence && *stops.get_or_insert_with(|| step.stops_on_errors()));
            if !matters {
                continue;
            }
            let value = command.arguments().iter().find(|word| {
                let assigned = word.raw.split_once('=').map(|(_, value)| value);
                assigned.is_some_and(|value| expansions(value).iter().any(|one| matches!(one.what, Expanded::Substitution | Expanded::Backticks)))
            });
            let Some(word) = value else { continue };
            let name = word.raw.split('=').next().unwrap_or_default();
            let is_plain = program == "export" && command.words.len() == 2 && command.next == Joint::And && word.range.len() == word.raw.len() && command.assignments.is_empty() && command.redirects.is_empty();
            let name = name.to_owned();
            let found = report.at(command.range.clone(), format!("{program} succeeds although what {name} is set to failed, and the step goes on"));
            if is_plain {
                found.evidence_fix("set the variable first", vec![replace(command.range.start..word.range.start, ""), insert(word.range.end, format!(" && export {name}"))]);
            }
        }
    }
}
