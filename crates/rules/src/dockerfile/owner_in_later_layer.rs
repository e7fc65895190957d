//! `owner-in-later-layer`: the mode of copied files is changed in a later layer.

use crate::build::*;

rule! {
    "owner-in-later-layer", Dockerfile, Info, false,
    "the mode of copied files is changed in a later layer",
    ["tally:prefer-copy-chmod"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy).filter(|(_, instruction)| instruction.flag("chmod").is_none()) {
        let (Some(stage), Some(target)) = (input.model.stage_of(index), instruction.words().last()) else { continue };
        if !target.text.starts_with('/') || target.text.ends_with('/') {
            continue;
        }
        let later = input.steps.iter().filter(|step| step.stage == stage.index && step.index > index);
        let chmod = later.flat_map(Step::calls).find(|call| call.program() == "chmod" && call.arguments().iter().skip(1).any(|word| word.text() == target.text));
        let Some(chmod) = chmod else { continue };
        let found = report.at(instruction.range.clone(), format!("{} is stored twice, as its mode changes in a later layer", target.text));
        if let Some(mode) = chmod.arguments().first().and_then(|word| word.literal.as_deref()).filter(|mode| mode.bytes().all(|byte| byte.is_ascii_digit())) {
            found.evidence_fix("set the mode when copying", vec![insert(instruction.name.range.end, format!(" --chmod={mode}"))]);
        }
    }
}
