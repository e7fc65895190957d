//! `apt-command`: apt in a script.

use crate::build::*;

rule! {
    "apt-command", Dockerfile, Low, true,
    "apt in a script",
    ["hadolint:DL3027", "checkov:CKV_DOCKER_9", "droast:DF059", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(_, call)| call.program() == "apt") {
        let both = ["update", "install", "upgrade", "remove", "purge", "autoremove", "clean", "autoclean"].contains(&call.subcommand());
        let name = call.name();
        let found = report.at(call.range(), "apt is made for people and may change; scripts use apt-get");
        if both && name.raw == "apt" {
            found.safe("use apt-get", vec![replace(name.range.clone(), "apt-get")]);
        }
    }
}
