//! `image-undated-base`: the image does not say what it was built from.

use crate::audit::*;

rule! {
    "image-undated-base", Image, Info, false,
    "the image does not say what it was built from",
    ["cis:4.2"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let said = |name: &str| input.image.manifest().annotations.contains_key(name) || input.container().labels.contains_key(name);
    let missing: Vec<&str> = ["base.name", "source", "revision"].into_iter().filter(|name| !said(&format!("org.opencontainers.image.{name}"))).collect();
    if !missing.is_empty() {
        report.on(config("Labels"), format!("the image does not say its {}", missing.join(", ")));
    }
}
