//! `maintainer`: MAINTAINER is deprecated.

use crate::build::*;

rule! {
    "maintainer", Dockerfile, Info, true,
    "MAINTAINER is deprecated",
    ["hadolint:DL4000", "buildkit:MaintainerDeprecated", "checkov:CKV_DOCKER_6", "trivy:DS-0022", "droast:DF019", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, instruction) in input.each(Keyword::Maintainer) {
        let Arguments::Text(word) = &instruction.arguments else { continue };
        let found = report.at(instruction.range.clone(), "MAINTAINER is deprecated; a label does the same");
        let name = word.text.trim_matches(['"', '\'']);
        let plain = !name.contains(['"', '\\', '$', '`', '\'']) && input.source(word.range.clone()) == word.text;
        if plain && !name.is_empty() {
            found.safe("write it as a label", vec![replace(instruction.name.range.start..word.range.end, format!("LABEL org.opencontainers.image.authors=\"{name}\""))]);
        }
    }
}
