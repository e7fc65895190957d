//! `node-cache`: npm or yarn keeps its cache in the layer.

use crate::build::*;

rule! {
    "node-cache", Dockerfile, Low, true,
    "npm or yarn keeps its cache in the layer",
    ["hadolint:DL3060", "droast:DF055"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shipped_steps() {
        let cleaned = step.calls().any(|call| {
            (matches!(call.program(), "npm" | "yarn" | "pnpm") && matches!(call.subcommand(), "cache" | "store"))
                || (call.program() == "rm" && call.arguments().iter().any(|word| word.text().contains("cache") || word.text().contains(".npm") || word.text().starts_with("/tmp")))
        });
        if cleaned || step.mounts.iter().any(|mount| matches!(&*mount.kind, "cache" | "tmpfs")) {
            continue;
        }
        let call = step.calls().find(|call| match call.program() {
            "npm" => matches!(call.subcommand(), "install" | "ci" | "i" | "add") && !call.has_flag(&["--cache", "--dry-run", "--package-lock-only"]),
            "yarn" => matches!(call.subcommand(), "install" | "add" | "") && !call.has_flag(&["--cache-folder", "--version", "-v"]),
            "pnpm" => matches!(call.subcommand(), "install" | "add" | "i"),
            _ => false,
        });
        if let Some(call) = call {
            let found = report.at(call.range(), format!("the archives that {} downloads stay in this layer", call.program()));
            if matches!(call.program(), "npm" | "yarn") && call.command.redirects.is_empty() && call.command.depth == 0 && !step.is_exec && !step.is_script {
                found.evidence_fix("clean the cache", vec![insert(call.range().end, if call.program() == "npm" { " && npm cache clean --force" } else { " && yarn cache clean" })]);
            }
        }
    }
}
