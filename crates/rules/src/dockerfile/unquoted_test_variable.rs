//! `unquoted-test-variable`: a test has too few words when a variable is empty.

use crate::build::*;

rule! {
    "unquoted-test-variable", Dockerfile, Low, true,
    "a test has too few words when a variable is empty",
    ["shellcheck:SC2086", "shellcheck:SC2070"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        let state = input.model.state(step.index);
        // Declared, without a default, and set by nothing else.
        let is_empty = |name: &str| {
            let platform = ["TARGET", "BUILD"].iter().any(|prefix| name.starts_with(prefix)) || name.to_ascii_lowercase().ends_with("_proxy");
            matches!(state.args.get(name), Some(None)) && !state.env.contains_key(name) && !platform && !step.assigns(name)
        };
        for (command, word) in step.split_words().filter(|(command, _)| matches!(command.program(), "[" | "test")) {
            let operands: Vec<&str> = command.arguments().iter().map(|word| word.raw.as_str()).filter(|raw| *raw != "]" && *raw != "!").collect();
            let is_binary = operands.len() == 3;
            let has_text = operands.len() == 2 && operands[0] == "-n";
            let expansions = expansions(&word.raw);
            let [expansion] = expansions.as_slice() else { continue };
            let Expanded::Variable(name) = expansion.what else { continue };
            if expansion.quoted || expansion.range != (0..word.raw.len()) || !(is_binary || has_text) || word.raw.contains(":-") || !is_empty(name) {
                continue;
            }
            let what = if is_binary { "the test is an error" } else { "-n is true" };
            let found = report.at(part(word, &expansion.range), format!("when no value is given for {name}, {what}: write \"${name}\""));
            quoted(found, word, expansion);
        }
    }
}
