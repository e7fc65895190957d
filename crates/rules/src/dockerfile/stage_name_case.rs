//! `stage-name-case`: the name of a stage has capitals.

use crate::build::*;

rule! {
    "stage-name-case", Dockerfile, Info, false,
    "the name of a stage has capitals",
    ["buildkit:StageNameCasing", "droast:DF085"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        if let Some(name) = stage.name.as_ref().filter(|name| name.text.bytes().any(|byte| byte.is_ascii_uppercase())) {
            let lower = name.text.to_ascii_lowercase();
            report.at(name.range.clone(), format!("stage {} is the same as {lower}", name.text)).safe(format!("write {lower}"), vec![replace(name.range.clone(), lower)]);
        }
    }
}
