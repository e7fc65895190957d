//! `bash-in-sh`: a step uses what only bash knows where sh runs it.

use crate::build::*;

rule! {
    "bash-in-sh", Dockerfile, Medium, true,
    "a step uses what only bash knows where sh runs it",
    ["shellcheck:SC3010", "shellcheck:SC3014", "shellcheck:SC3046"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.steps.iter().filter(|step| !step.is_exec && !step.is_script && input.model.state(step.index).shell.is_none()) {
        let Some(image) = input.image_below(step.stage).map(ImageName::parse) else { continue };
        let tag = image.tag.unwrap_or_default();
        let alpine = image.base() == "alpine" || tag.contains("alpine");
        let dash = matches!(image.path, "debian" | "ubuntu" | "library/debian" | "library/ubuntu") || tag.contains("slim");
        if !alpine && !dash || step.calls().any(|call| call.program() == "bash") {
            continue;
        }
        let word = step.calls().find(|call| match call.program() {
            // Alpine's shell knows both of these.
            "[[" | "source" => dash,
            "pushd" | "popd" | "shopt" | "declare" => true,
            _ => false,
        });
        if let Some(call) = word {
            report.at(call.name().range.clone(), format!("{} is of bash, and sh runs this step", call.program()));
        }
    }
}
