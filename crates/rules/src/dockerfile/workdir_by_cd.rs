//! `workdir-by-cd`: cd where WORKDIR says it.

use crate::build::*;

rule! {
    "workdir-by-cd", Dockerfile, Info, false,
    "cd where WORKDIR says it",
    ["hadolint:DL3003", "trivy:DS-0013", "droast:DF008"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        if let Some(call) = step.calls().next().filter(|call| call.program() == "cd" && call.command.depth == 0) {
            report.at(call.range(), "WORKDIR sets the directory for every step");
        }
    }
}
