//! `apk-cache`: apk keeps its index in the layer.

use crate::build::*;

rule! {
    "apk-cache", Dockerfile, Low, true,
    "apk keeps its index in the layer",
    ["hadolint:DL3019", "trivy:DS-0025", "dockle:DKL-DI-0004", "droast:DF029", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, install) in input.installs().filter(|(step, install)| install.manager == Manager::Apk && input.is_shipped(step.stage)) {
        let call = install.call;
        let cleaned = step.calls().any(|call| {
            (call.program() == "rm" && call.arguments().iter().any(|word| word.text().contains("/var/cache/apk") || word.text().starts_with("/var/cache/*")))
                || (call.program() == "apk" && call.subcommand() == "cache")
        });
        let unknown = call.arguments().iter().any(|word| word.literal.is_none() && word.raw.starts_with('$') && word.raw.to_ascii_uppercase().contains("OPT"));
        if !call.has_flag(&["--no-cache"]) && !cleaned && !unknown && !step.mounts_over("/var/cache/apk") && !step.mounts_over("/etc/apk/cache") {
            report.at(call.range(), "the package index stays in this layer").safe("do not keep the index", vec![insert(install.verb.range.end, " --no-cache")]);
        }
    }
}
