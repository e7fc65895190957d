//! `exposed-ssh`: the SSH port is exposed.

use crate::build::*;

rule! {
    "exposed-ssh", Dockerfile, Medium, true,
    "the SSH port is exposed",
    ["checkov:CKV_DOCKER_1", "trivy:DS-0004", "cis:5.7"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Expose) {
        for word in instruction.words() {
            let Value::Known(text) = input.model.value_at(word, index) else { continue };
            if ports(&text).is_some_and(|range| range.contains(&22)) {
                report.at(word.range.clone(), format!("{text} opens the SSH port"));
            }
        }
    }
}
