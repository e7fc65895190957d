//! `password-set`: a password is set in a build step.

use crate::build::*;

rule! {
    "password-set", Dockerfile, High, true,
    "a password is set in a build step",
    ["checkov:CKV2_DOCKER_17"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls() {
        let sets = match call.program() {
            "chpasswd" => true,
            "usermod" | "useradd" => call.flag_value(&["-p", "--password"]).is_some_and(|value| !value.is_empty() && !value.starts_with(['!', '*'])),
            "passwd" => call.has_flag(&["--stdin"]) || (call.command.joint == Joint::Pipe && !call.has_flag(&["-l", "-d", "--lock", "--delete"])),
            _ => false,
        };
        if sets {
            report.at(call.range(), format!("{} sets a password that everybody with the image can read", call.program()));
        }
    }
}
