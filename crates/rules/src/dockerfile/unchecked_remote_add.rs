//! `unchecked-remote-add`: ADD from the network without a checksum.

use crate::build::*;

rule! {
    "unchecked-remote-add", Dockerfile, High, true,
    "ADD from the network without a checksum",
    ["checkov:CKV_DOCKER_4", "trivy:DS-0005", "cis:4.9"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Add) {
        let Some((_, sources)) = instruction.words().split_last() else { continue };
        if instruction.flag("checksum").is_some() {
            continue;
        }
        for word in sources {
            let Value::Known(path) = input.model.value_at(word, index) else { continue };
            let commit = path.rsplit_once('#').is_some_and(|(_, reference)| {
                let reference = reference.split(':').next().unwrap_or_default();
                reference.len() >= 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            if is_address(&path) && !commit {
                report.at(word.range.clone(), "what this address serves is taken without a checksum");
            }
        }
    }
}
