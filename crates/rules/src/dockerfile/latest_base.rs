//! `latest-base`: the base image is the latest one.

use crate::build::*;

rule! {
    "latest-base", Dockerfile, Medium, true,
    "the base image is the latest one",
    ["hadolint:DL3007", "checkov:CKV_DOCKER_7", "trivy:DS-0001", "dockle:DKL-DI-0006", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        let (Base::Image(text), Some(word)) = (&stage.base, &stage.image) else { continue };
        let name = ImageName::parse(text);
        if name.tag == Some("latest") && name.digest.is_none() {
            report.at(word.range.clone(), format!("{text} moves whenever its maker pushes"));
        }
    }
}
