//! `second-ignore-file`: two files say what is kept from the builder, and one of them is not read.

use crate::build::*;

rule! {
    "second-ignore-file", Dockerfile, Info, false,
    "two files say what is kept from the builder, and one of them is not read",
    ["droast:engine"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(context) = input.context else { return };
    let has = |name: &str| context.files.iter().any(|file| file == name);
    let own = format!("{}.dockerignore", report.file.rsplit('/').next().unwrap_or_default());
    let Some(first) = input.model.stages().first().map(|stage| input.head(stage.from)) else { return };
    if has(&own) && has(".dockerignore") {
        report.at(first, format!(".dockerignore is not read, as {own} stands in its place"));
    } else if has(".containerignore") && has(".dockerignore") {
        report.at(first, "Podman and Buildah read .containerignore, and Docker reads .dockerignore: what is sent differs");
    }
}
