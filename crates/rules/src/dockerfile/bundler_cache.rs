//! `bundler-cache`: Bundler keeps the archives of gems in the layer.

use crate::build::*;

rule! {
    "bundler-cache", Dockerfile, Low, true,
    "Bundler keeps the archives of gems in the layer",
    ["tally:ruby/leftover-bundler-cache"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let bundler = Bundler::of(input);
    for step in input.shipped_steps() {
        let cleaned = step.calls().any(|call| {
            let names = |text: &str| ["cache", ".gem", "bundle", "BUNDLE", "GEM_HOME", "/gems"].iter().any(|part| text.contains(part));
            call.is_bundle("clean") || (matches!(call.program(), "rm" | "find") && call.arguments().iter().any(|word| names(&word.raw)))
        });
        if cleaned || step.mounts.iter().any(|mount| matches!(&*mount.kind, "cache" | "tmpfs")) {
            continue;
        }
        let Some(call) = step.calls().find(|call| call.is_bundle("install")) else { continue };
        let found = report.at(call.range(), "the archives that Bundler downloads stay in this layer");
        let moved = ["path", "deployment"].iter().any(|setting| bundler.has(input, step, setting)) || call.has_flag(&["--path", "--deployment"]);
        let official = input.image_below(step.stage).is_some_and(|image| ImageName::parse(image).is_official("ruby"));
        let env = &input.model.state(step.index).env;
        let home = !env.contains_key("GEM_HOME") && !env.contains_key("BUNDLE_PATH");
        if official && !moved && home && call.stands_alone(input, step) && call.command.redirects.is_empty() && call.command.next != Joint::Or {
            found.evidence_fix("remove them", vec![insert(call.range().end, " && rm -rf /usr/local/bundle/cache")]);
        }
    }
}
