//! `whole-filesystem-copy`: the whole file system of a stage is copied.

use crate::build::*;

rule! {
    "whole-filesystem-copy", Dockerfile, Medium, true,
    "the whole file system of a stage is copied",
    ["hadolint:DL3067"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy) {
        let into_scratch = input.model.stage_of(index).is_some_and(|stage| input.image_below(stage.index) == Some("scratch"));
        let Some((target, sources)) = instruction.words().split_last() else { continue };
        if instruction.flag("from").is_some() && !into_scratch && target.text == "/" && sources.iter().any(|word| word.text == "/") {
            report.at(instruction.range.clone(), "everything in that stage is copied");
        }
    }
}
