//! `unset-copy-target`: a relative target without WORKDIR.

use crate::build::*;

rule! {
    "unset-copy-target", Dockerfile, Low, true,
    "a relative target without WORKDIR",
    ["hadolint:DL3045", "droast:DF063"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy) {
        let Some(target) = instruction.words().last() else { continue };
        let Value::Known(path) = input.model.value_at(target, index) else { continue };
        let absolute = path.starts_with(['/', '\\']) || path.get(1..2) == Some(":");
        if !absolute && input.model.state(index).workdir.is_none() && input.model.stage_of(index).is_some_and(|stage| stage.base != Base::Unknown) {
            report.at(target.range.clone(), format!("{path} is relative to whatever directory the base image sets"));
        }
    }
}
