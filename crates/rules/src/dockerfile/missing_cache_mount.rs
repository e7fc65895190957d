//! `missing-cache-mount`: a build downloads its dependencies anew each time.

use crate::build::*;

rule! {
    "missing-cache-mount", Dockerfile, Info, false,
    "a build downloads its dependencies anew each time",
    ["tally:prefer-package-cache-mounts", "tally:ruby/prefer-bundler-cache-mount", "tally:js/node-gyp-cache-mounts"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let mut native = vec![false; input.model.stages().len()];
    for (step, install) in input.installs() {
        let compiler = install.names().any(|(name, _)| matches!(name, "g++" | "build-essential" | "build-base" | "gcc-c++"));
        native.get_mut(step.stage).into_iter().for_each(|stage| *stage |= compiler);
    }
    for step in &input.steps {
        let cached = step.mounts.iter().any(|mount| mount.kind == "cache");
        let has_compiler = native.get(step.stage).copied().unwrap_or_default();
        let mut headers = None;
        for call in step.calls() {
            let heavy = matches!((call.program(), call.subcommand()), ("go" | "cargo", "build" | "install") | ("mvn" | "gradle" | "gradlew" | "mvnw", _) | ("npm", "ci" | "install") | ("yarn" | "pnpm" | "composer", "install") | ("pip" | "pip3", "install")) || call.is_bundle("install");
            if heavy && !cached && !input.is_shipped(step.stage) {
                report.at(call.range(), "nothing is kept for the next build");
            } else if compiles_for_node(call, has_compiler) && !*headers.get_or_insert_with(|| keeps_headers(input, step)) {
                report.at(call.range(), "the headers that node-gyp downloads are not kept for the next build");
            }
        }
    }
}

/// Whether parts of packages of Node.js are compiled: by name, or by an installation where a compiler was installed for it.
fn compiles_for_node(call: Call<'_>, has_compiler: bool) -> bool {
    match (call.program(), call.subcommand()) {
        ("node-gyp", _) | ("npm" | "pnpm" | "yarn", "rebuild") => true,
        ("npm", "ci" | "install" | "i") | ("pnpm" | "yarn", "install") => has_compiler,
        _ => false,
    }
}

/// Whether a cache is mounted where node-gyp keeps what it downloads.
fn keeps_headers(input: &Input<'_>, step: &Step<'_>) -> bool {
    let state = input.model.state(step.index);
    let named = ["NPM_CONFIG_DEVDIR", "npm_config_devdir", "npm_package_config_node_gyp_devdir"].iter().any(|name| state.env.contains_key(*name));
    let over = |target: &str| target.contains("node-gyp") || target.trim_end_matches('/').ends_with("/.cache");
    named || step.mounts.iter().any(|mount| mount.kind == "cache" && mount.target.as_deref().is_some_and(over)) || step.instruction.body.text.to_ascii_lowercase().contains("config_devdir")
}
