//! `sudo-used`: sudo in a build step.

use crate::build::*;

rule! {
    "sudo-used", Dockerfile, Medium, true,
    "sudo in a build step",
    ["hadolint:DL3004", "checkov:CKV2_DOCKER_1", "trivy:DS-0010", "droast:DF010", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_dockerfile::UserState;
    for step in &input.steps {
        for command in &step.commands {
            if command.program() != "sudo" {
                continue;
            }
            let is_root = match &input.model.state(step.index).user {
                UserState::Default => true,
                UserState::Set { value: Value::Known(user), .. } => matches!(user.split(':').next(), Some("0" | "root")),
                _ => false,
            };
            let found = report.at(command.words[0].range.clone(), "sudo is not needed in a build step");
            let plain = command.words.get(1).is_some_and(|word| !word.text().starts_with('-') && !word.text().contains('='));
            if is_root && plain {
                found.safe("take sudo away", vec![replace(command.words[0].range.start..command.words[1].range.start, "")]);
            }
        }
    }
}
