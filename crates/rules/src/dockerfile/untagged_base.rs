//! `untagged-base`: the base image has neither tag nor digest.

use crate::build::*;

rule! {
    "untagged-base", Dockerfile, Medium, true,
    "the base image has neither tag nor digest",
    ["hadolint:DL3006", "checkov:CKV_DOCKER_7", "trivy:DS-0001", "droast:DF001", "semgrep:missing-image-version", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        let (Base::Image(text), Some(word)) = (&stage.base, &stage.image) else { continue };
        let name = ImageName::parse(text);
        if name.tag.is_none() && name.digest.is_none() {
            report.at(word.range.clone(), format!("{text} has no tag, so whatever is newest is taken"));
        }
    }
}
