//! `repeated-label`: a label is set twice with different values.

use crate::build::*;

rule! {
    "repeated-label", Dockerfile, Low, true,
    "a label is set twice with different values",
    ["droast:DF080"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for (_, instruction) in input.of_stage(stage).filter(|(_, instruction)| instruction.keyword == Keyword::Label) {
            for pair in instruction.pairs() {
                let (name, value) = (pair.name.text.trim_matches('"'), pair.value.as_ref().map_or("", |value| value.text.as_str()));
                if seen.iter().any(|(other, text)| *other == name && *text != value) {
                    report.at(pair.name.range.clone(), format!("label {name} is set above already, to something else"));
                }
                seen.push((name, value));
            }
        }
    }
}
