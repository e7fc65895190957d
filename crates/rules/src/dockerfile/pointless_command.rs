//! `pointless-command`: a command that does nothing useful in a build step.

use crate::build::*;

rule! {
    "pointless-command", Dockerfile, Info, true,
    "a command that does nothing useful in a build step",
    ["hadolint:DL3001", "droast:DF060"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls() {
        // A service that is started for what follows in the same step is of use.
        let is_used = call.program() == "service" && step.calls().any(|other| other.range().start > call.range().end);
        if is_used {
            continue;
        }
        if matches!(call.program(), "service" | "shutdown" | "reboot" | "top" | "htop" | "free" | "vim" | "vi" | "nano" | "ifconfig") && !call.command.substituted {
            report.at(call.range(), format!("{} does nothing useful in a build step", call.program()));
        }
    }
}
