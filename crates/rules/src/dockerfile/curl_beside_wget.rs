//! `curl-beside-wget`: both curl and wget are used in one stage.

use crate::build::*;

rule! {
    "curl-beside-wget", Dockerfile, Info, false,
    "both curl and wget are used in one stage",
    ["hadolint:DL4001", "droast:DF058", "trivy:DS-0014"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        let mut calls = input.calls().filter(|(step, call)| step.stage == stage.index && matches!(call.program(), "curl" | "wget"));
        let Some((_, first)) = calls.next() else { continue };
        if let Some((_, other)) = calls.find(|(_, call)| call.program() != first.program()) {
            report.at(other.range(), format!("{} is used above already", first.program()));
        }
    }
}
