//! `image-untrusted-base`: the base image comes from a registry that is not trusted.

use crate::audit::*;

rule! {
    "image-untrusted-base", Image, Medium, true,
    "the base image comes from a registry that is not trusted",
    ["cis:4.2"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    const NAME: &str = "org.opencontainers.image.base.name";
    let trusted = &input.settings.trusted_registries;
    let base = input.image.manifest().annotations.get(NAME).or_else(|| input.container().labels.get(NAME));
    let Some(base) = base.filter(|_| !trusted.is_empty()) else { return };
    let registry = crate::build::ImageName::parse(base).registry.unwrap_or("docker.io");
    if !trusted.iter().any(|known| known == registry || base.starts_with(&format!("{}/", known.trim_end_matches('/')))) {
        report.on(config("Labels"), format!("base image {base} comes from {registry}, which is not a trusted registry"));
    }
}
