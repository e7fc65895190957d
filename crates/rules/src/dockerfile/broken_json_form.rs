//! `broken-json-form`: a JSON form that is no JSON runs in a shell.

use crate::build::*;

rule! {
    "broken-json-form", Dockerfile, High, true,
    "a JSON form that is no JSON runs in a shell",
    ["tally:invalid-json-form", "droast:DF071"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, instruction) in input.instructions() {
        let Some(Form::Shell(text)) = instruction.command() else { continue };
        let trimmed = text.text.trim();
        // `[ -f x ] && …` and `[[ … ]]` are shell.
        if !trimmed.starts_with('[') || trimmed.starts_with("[[") || !trimmed.ends_with(']') || trimmed.starts_with("[ -") || trimmed.contains("] ") {
            continue;
        }
        let found = report.at(instruction.range.clone(), "this looks like the exec form but is no valid JSON, so a shell runs it");
        let candidate = trimmed.replace('\'', "\"");
        let is_plain = !trimmed.contains(['"', '\\']);
        if is_plain && is_string_array(&candidate) {
            found.safe("write valid JSON", vec![replace(text.range(0..text.text.len()), candidate)]);
        }
    }
}
