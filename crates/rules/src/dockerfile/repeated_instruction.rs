//! `repeated-instruction`: an instruction that only counts once is given several times in a stage.

use crate::build::*;

rule! {
    "repeated-instruction", Dockerfile, Medium, true,
    "an instruction that only counts once is given several times in a stage",
    ["hadolint:DL4003", "hadolint:DL4004", "hadolint:DL3012", "buildkit:MultipleInstructionsDisallowed", "trivy:DS-0016", "trivy:DS-0007", "trivy:DS-0023", "droast:DF038", "droast:DF039", "droast:DF041"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        for keyword in [Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck] {
            let found: Vec<_> = stage.instructions.clone().map(|index| &input.document.instructions()[index]).filter(|instruction| instruction.keyword == keyword).collect();
            for instruction in found.iter().rev().skip(1) {
                let name = keyword.name().unwrap_or_default();
                report
                    .at(instruction.range.clone(), format!("a later {name} of this stage takes the place of this one"))
                    .safe(format!("delete the {name} that does not count"), vec![replace(instruction.full.clone(), "")]);
            }
        }
    }
}
