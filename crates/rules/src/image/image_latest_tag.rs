//! `image-latest-tag`: the image goes by a name that moves.

use crate::audit::*;

rule! {
    "image-latest-tag", Image, Info, true,
    "the image goes by a name that moves",
    ["dockle:DKL-DI-0006"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some((transport, rest)) = input.name.split_once(':') else { return };
    let moves = match transport {
        "oci" => rest.ends_with(":latest"),
        "docker" | "docker-daemon" | "containers-storage" => {
            let name = crate::build::ImageName::parse(rest.trim_start_matches('/'));
            name.digest.is_none() && matches!(name.tag, None | Some("latest"))
        }
        _ => false,
    };
    if moves {
        report.on(casehard_finding::Location::Image, format!("{} is whatever was pushed last", input.name));
    }
}
