//! `missing-user`: the shipped stage never leaves root.

use crate::build::*;

rule! {
    "missing-user", Dockerfile, High, true,
    "the shipped stage never leaves root",
    ["checkov:CKV_DOCKER_3", "trivy:DS-0002", "dockle:CIS-DI-0001", "cis:4.1", "droast:DF020", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    if input.model.lineage(last.index).any(|stage| input.user_at_end(stage).is_some()) {
        return;
    }
    let image = input.image_below(last.index);
    let name = image.map(ImageName::parse);
    let leaves_root = name.is_some_and(|name| {
        let says = |text: &str| ["nonroot", "rootless", "unprivileged"].iter().any(|word| text.contains(word));
        says(name.path) || name.tag.is_some_and(says) || (name.registry == Some("cgr.dev") && name.is_shell_less())
    });
    if leaves_root {
        return;
    }
    let index = last.from;
    // Images of distributions and languages run as root; what somebody else's image does, its name does not say.
    let is_known = name.is_some_and(|name| name.registry.is_none_or(|registry| registry == "docker.io") && !name.path.trim_start_matches("library/").contains('/'));
    let message = match image {
        Some("scratch") => "nothing sets a user, so the application runs as root".to_owned(),
        Some(image) if !is_known => format!("no USER is set, and whether {image} sets one is not known here"),
        Some(image) => format!("no USER is set: the application runs as the user of {image}, root unless that image says otherwise"),
        None => "no USER is set: the application runs as the user of the base image, most likely root".to_owned(),
    };
    let place = input.of_stage(last).filter(|(_, i)| matches!(i.keyword, Keyword::Cmd | Keyword::Entrypoint)).map(|(i, _)| i).next();
    let found = report.at(input.head(index), message);
    let found = if is_known { found } else { found.severity(casehard_finding::Severity::Low) };
    if let Some(place) = place {
        let at = input.document.instructions()[place].full.start;
        found.evidence_fix("run as user 10001", vec![insert(at, "USER 10001:10001\n")]);
    }
}
