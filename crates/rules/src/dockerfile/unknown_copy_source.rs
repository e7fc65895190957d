//! `unknown-copy-source`: COPY --from itself, or from a later stage.

use crate::build::*;

rule! {
    "unknown-copy-source", Dockerfile, High, true,
    "COPY --from itself, or from a later stage",
    ["hadolint:DL3022", "hadolint:DL3023", "trivy:DS-0006", "droast:DF049", "droast:DF050"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, word) in input.stage_words() {
        let Some(stage) = input.model.stage_of(index) else { continue };
        let Value::Known(name) = input.model.value_at(&word, index) else { continue };
        let number = name.parse::<usize>().ok();
        let target = number.or_else(|| input.model.stage_named(&name));
        match target {
            Some(target) if target == stage.index && input.model.stages()[..target].iter().all(|s| s.name.as_ref().is_none_or(|n| !n.text.eq_ignore_ascii_case(&name))) => {
                report.at(word.range, format!("stage {name} copies from itself"));
            }
            Some(target) if target > stage.index => {
                report.at(word.range, format!("stage {name} is not there yet"));
            }
            _ => {}
        }
    }
}
