//! `relative-workdir`: a relative WORKDIR with nothing to be relative to.

use crate::build::*;

rule! {
    "relative-workdir", Dockerfile, Low, true,
    "a relative WORKDIR with nothing to be relative to",
    ["hadolint:DL3000", "buildkit:WorkdirRelativePath", "trivy:DS-0009", "checkov:CKV_DOCKER_10", "droast:DF009"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Workdir) {
        let Arguments::Text(word) = &instruction.arguments else { continue };
        let Value::Known(path) = input.model.value_at(word, index) else { continue };
        let path = path.trim_matches(['"', '\'']);
        let absolute = path.starts_with(['/', '\\']) || path.get(1..2) == Some(":");
        if !absolute && input.model.state(index).workdir.is_none() {
            report.at(word.range.clone(), format!("{path} is relative to whatever directory the base image sets"));
        }
    }
}
