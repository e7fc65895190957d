//! `apt-lists-left`: the package lists of apt stay in the layer.

use crate::build::*;

rule! {
    "apt-lists-left", Dockerfile, Low, true,
    "the package lists of apt stay in the layer",
    ["hadolint:DL3009", "dockle:DKL-DI-0005", "droast:DF004", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shipped_steps() {
        let Some(update) = step.calls().find(|call| matches!(call.program(), "apt-get" | "apt" | "aptitude") && call.subcommand() == "update") else {
            continue;
        };
        let clean = step.mounts_over("/var/lib/apt/lists")
            || step.calls().any(|call| matches!(call.program(), "rm" | "find") && call.arguments().iter().any(|word| {
                let path = word.text();
                path.contains("/var/lib/apt") || path.starts_with("/var/lib/*") || path == "/var/lib/apt/lists" || path == "/var/lib/{apt"
            }));
        // A step that only updates is `update-alone`; without its lists the next step would fail.
        if !step.calls().filter_map(Install::of).any(|install| install.manager == Manager::Apt) {
            continue;
        }
        // A later step of the same layer cannot clean; a script may.
        let by_script = step.calls().any(|call| call.program().ends_with(".sh") || call.program().starts_with("clean"));
        if clean || by_script {
            continue;
        }
        let found = report.at(update.range(), "the package lists stay in this layer");
        let chain = !step.is_exec && step.commands.iter().all(|command| matches!(command.joint, Joint::Start | Joint::And) && command.depth == 0);
        let plain_end = step.instruction.heredocs.is_empty() && step.comments.is_empty();
        let relied_on = input.steps.iter().any(|later| {
            later.index > step.index
                && later.calls().any(|call| matches!(call.program(), "apt-get" | "apt" | "aptitude"))
                && !later.calls().any(|call| call.subcommand() == "update")
        });
        if let Some(last) = step.commands.last().filter(|_| chain && plain_end && !relied_on) {
            found.safe("delete the package lists", vec![insert(last.range.end, " && rm -rf /var/lib/apt/lists/*")]);
        }
    }
}
