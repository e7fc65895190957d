//! `many-runs`: consecutive steps could be one.

use crate::build::*;

rule! {
    "many-runs", Dockerfile, Info, false,
    "consecutive steps could be one",
    ["hadolint:DL3059", "droast:DF003"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let steps: Vec<&Step<'_>> = input.steps.iter().collect();
    for window in steps.windows(3) {
        let [one, two, three] = window else { continue };
        let follows = two.index == one.index + 1 && three.index == two.index + 1;
        if follows && window.iter().all(|step| step.mounts.is_empty() && !step.is_exec && !step.is_script) {
            report.at(three.instruction.range.clone(), "this is the third step in a row; one would make one layer");
        }
    }
}
