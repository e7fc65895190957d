//! `local-add`: ADD where COPY does the same.

use crate::build::*;

rule! {
    "local-add", Dockerfile, Low, true,
    "ADD where COPY does the same",
    ["hadolint:DL3020", "checkov:CKV_DOCKER_4", "trivy:DS-0005", "dockle:CIS-DI-0009", "cis:4.9", "droast:DF006", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Add) {
        let Some((_, sources)) = instruction.words().split_last() else { continue };
        let flags = ["checksum", "keep-git-dir", "unpack"].iter().any(|name| instruction.flag(name).is_some());
        let plain = !sources.is_empty() && sources.iter().all(|word| {
            let Value::Known(path) = input.model.value_at(word, index) else { return false };
            // A pattern may match an archive.
            !is_address(&path) && !is_archive(&path) && !path.contains(['*', '?', '['])
        });
        if plain && !flags {
            report.at(instruction.name.range.clone(), "ADD only copies here; COPY says so").safe("use COPY", vec![replace(instruction.name.range.clone(), "COPY")]);
        }
    }
}
