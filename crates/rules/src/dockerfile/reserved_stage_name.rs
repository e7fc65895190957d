//! `reserved-stage-name`: a stage is named scratch or context.

use crate::build::*;

rule! {
    "reserved-stage-name", Dockerfile, Medium, true,
    "a stage is named scratch or context",
    ["hadolint:DL3063", "buildkit:ReservedStageName"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for name in input.model.stages().iter().filter_map(|stage| stage.name.as_ref()) {
        if ["scratch", "context"].iter().any(|reserved| name.text.eq_ignore_ascii_case(reserved)) {
            report.at(name.range.clone(), format!("{} means something else to BuildKit", name.text));
        }
    }
}
