//! `constant-platform`: FROM with a fixed platform.

use crate::build::*;

rule! {
    "constant-platform", Dockerfile, Low, true,
    "FROM with a fixed platform",
    ["hadolint:DL3029", "buildkit:FromPlatformFlagConstDisallowed"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        let instruction = &input.document.instructions()[stage.from];
        let Some(value) = instruction.flag("platform").and_then(|flag| flag.value.as_ref()) else { continue };
        // A stage that names the platform it is for says that it is meant.
        let named = stage.name.as_ref().is_some_and(|name| value.text.split('/').any(|part| name.text.contains(part)));
        if !value.text.contains('$') && !named && !value.text.contains("windows") {
            report.at(value.range.clone(), format!("the platform is fixed to {}", value.text));
        }
    }
}
