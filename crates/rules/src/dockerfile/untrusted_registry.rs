//! `untrusted-registry`: an image comes from a registry that is not on the list.

use crate::build::*;

rule! {
    "untrusted-registry", Dockerfile, Medium, true,
    "an image comes from a registry that is not on the list",
    ["hadolint:DL3026", "trivy:KSV-0125", "droast:DF065", "cis:4.2"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let trusted = &input.settings.trusted_registries;
    if trusted.is_empty() {
        return;
    }
    for stage in input.model.stages() {
        let (Base::Image(text), Some(word)) = (&stage.base, &stage.image) else { continue };
        let registry = ImageName::parse(text).registry.unwrap_or("docker.io");
        if !trusted.iter().any(|known| known == registry || known.strip_prefix("*.").is_some_and(|end| registry.ends_with(end))) {
            report.at(word.range.clone(), format!("{registry} is not a trusted registry"));
        }
    }
}
