//! `archive-unpacked-later`: an archive is copied and unpacked in a later step.

use crate::build::*;

rule! {
    "archive-unpacked-later", Dockerfile, Info, false,
    "an archive is copied and unpacked in a later step",
    ["hadolint:DL3010", "tally:prefer-add-unpack"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy) {
        let Some((target, sources)) = instruction.words().split_last() else { continue };
        for word in sources.iter().filter(|word| is_archive(&word.text) && word.text.contains(".t")) {
            let name = word.text.rsplit('/').next().unwrap_or_default();
            let place = if target.text.ends_with('/') { format!("{}{name}", target.text) } else { target.text.clone() };
            let unpacked = input.steps.iter().filter(|step| step.index > index).flat_map(Step::calls).any(|call| call.program() == "tar" && call.arguments().iter().any(|word| word.text() == place));
            if unpacked {
                report.at(word.range.clone(), format!("{name} stays in this layer; ADD unpacks without keeping it"));
            }
        }
    }
}
