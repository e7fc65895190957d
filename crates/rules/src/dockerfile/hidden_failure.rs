//! `hidden-failure`: a failure that ends nothing is more than the one that was meant.

use crate::build::*;

rule! {
    "hidden-failure", Dockerfile, Low, true,
    "a failure that ends nothing is more than the one that was meant",
    ["shellcheck:SC2015"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        let commands: Vec<&casehard_dockerfile::shell::Command> = step.commands.iter().filter(|command| !command.substituted).collect();
        for (at, end) in commands.iter().enumerate() {
            if end.joint != Joint::Or || !matches!(end.program(), "true" | ":") || !end.arguments().is_empty() {
                continue;
            }
            // The commands that && joins to the one before `|| true`, that one left out.
            let mut first = at.saturating_sub(1);
            while first > 0 && commands[first].joint == Joint::And && commands[first - 1].next == Joint::And && commands[first - 1].depth == end.depth {
                first -= 1;
            }
            let hidden = commands[first..at.saturating_sub(1).max(first)].iter().map(|command| Call::new(command));
            let brings = |call: &Call<'_>| Install::of(*call).is_some() || matches!(call.program(), "curl" | "wget");
            if let Some(call) = hidden.filter(|call| call.command.depth == end.depth).find(brings) {
                report.at(call.range(), format!("|| {} hides it, too, when {} fails", end.program(), call.program()));
            }
        }
    }
}
