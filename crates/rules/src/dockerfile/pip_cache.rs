//! `pip-cache`: pip keeps its cache in the layer.

use crate::build::*;

rule! {
    "pip-cache", Dockerfile, Low, true,
    "pip keeps its cache in the layer",
    ["hadolint:DL3042", "droast:DF030", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, install) in input.installs().filter(|(step, install)| install.manager == Manager::Pip && input.is_shipped(step.stage)) {
        let call = install.call;
        let set = |name: &str| {
            let state = input.model.state(step.index);
            state.env.get(name).or_else(|| state.args.get(name).and_then(Option::as_ref)).is_some_and(|value| value.known().is_none_or(|text| !matches!(text, "" | "0" | "false" | "no" | "off")))
                || step.commands.iter().any(|command| command.assignments.iter().chain(&command.words).any(|word| word.text().starts_with(name)))
        };
        let cleaned = step.calls().any(|call| {
            (call.program().starts_with("pip") && call.arguments().iter().any(|word| word.text() == "purge"))
                || (call.program() == "rm" && call.arguments().iter().any(|word| word.text().contains(".cache")))
        });
        let mounted = step.mounts.iter().any(|mount| mount.kind == "cache" && mount.target.as_deref().is_some_and(|target| target.contains("cache")));
        if !call.has_flag(&["--no-cache-dir"]) && !set("PIP_NO_CACHE_DIR") && !set("PIP_CACHE_DIR") && !cleaned && !mounted {
            report.at(call.range(), "downloaded packages stay in this layer").safe("do not keep downloads", vec![insert(install.verb.range.end, " --no-cache-dir")]);
        }
    }
}
