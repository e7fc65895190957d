//! `npm-without-lock`: npm install where npm ci holds to the lock file.

use crate::build::*;

rule! {
    "npm-without-lock", Dockerfile, Low, true,
    "npm install where npm ci holds to the lock file",
    ["droast:DF031"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, install) in input.installs().filter(|(_, install)| install.call.program() == "npm" && install.packages.is_empty()) {
        let locked = input.model.lineage_instructions(step.stage).into_iter().any(|(index, instruction)| {
            index < step.index && matches!(instruction.keyword, Keyword::Copy | Keyword::Add) && (instruction.body.text.contains("package-lock") || instruction.body.text.contains("package*.json") || instruction.body.text.contains("npm-shrinkwrap"))
        });
        if locked && !install.call.has_flag(&["-g", "--global", "--no-package-lock", "--package-lock-only"]) {
            report.at(install.call.range(), "the lock file is there, but npm install does not hold to it").evidence_fix("use npm ci", vec![replace(install.verb.range.clone(), "ci")]);
        }
    }
}
