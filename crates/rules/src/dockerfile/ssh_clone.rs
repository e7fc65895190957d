//! `ssh-clone`: a repository is cloned over SSH without a mounted agent.

use crate::build::*;

rule! {
    "ssh-clone", Dockerfile, High, true,
    "a repository is cloned over SSH without a mounted agent",
    ["casehard:ssh"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls() {
        let clones = call.program() == "git" && matches!(call.subcommand(), "clone" | "fetch" | "pull" | "submodule");
        let over_ssh = call.arguments().iter().any(|word| word.text().starts_with("git@") || word.text().starts_with("ssh://"));
        if clones && over_ssh && !step.mounts.iter().any(|mount| matches!(&*mount.kind, "ssh" | "secret")) {
            report.at(call.range(), "without a mounted agent this needs a private key in the image");
        }
    }
}
