//! `duplicate-stage`: two stages have the same name.

use crate::build::*;

rule! {
    "duplicate-stage", Dockerfile, High, true,
    "two stages have the same name",
    ["hadolint:DL3024", "buildkit:DuplicateStageName", "trivy:DS-0012", "checkov:CKV_DOCKER_11", "droast:DF042"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let stages = input.model.stages();
    for (at, stage) in stages.iter().enumerate() {
        let Some(name) = &stage.name else { continue };
        if stages[..at].iter().any(|earlier| earlier.name.as_ref().is_some_and(|other| other.text.eq_ignore_ascii_case(&name.text))) {
            report.at(name.range.clone(), format!("stage {} is already there", name.text));
        }
    }
}
