//! `dev-packages-shipped`: packages that only developers use are shipped.

use crate::build::*;

rule! {
    "dev-packages-shipped", Dockerfile, Low, false,
    "packages that only developers use are shipped",
    ["tally:php/composer-no-dev-in-production", "tally:ruby/missing-bundle-without-development"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_dockerfile::Lookup;
    let pruned = |from: usize| input.shipped_steps().filter(|step| step.index >= from).flat_map(Step::calls).any(|call| matches!((call.program(), call.subcommand()), ("npm" | "pnpm", "prune") | ("yarn", "autoclean")));
    let configured = input.calls().any(|(_, call)| matches!(call.program(), "bundle" | "bundler") && call.subcommand() == "config" && call.arguments().iter().any(|word| matches!(word.text(), "without" | "only")));
    // What is built in this image needs them.
    let builds = input.shipped_steps().flat_map(Step::calls).any(|other| matches!((other.program(), other.subcommand()), ("npm" | "pnpm" | "yarn", "run" | "test" | "build") | ("npx" | "pnpx" | "tsc" | "vite" | "webpack" | "ng", _)));
    for step in input.shipped_steps() {
        let state = input.model.state(step.index);
        let set = |name: &str| match state.lookup(name) {
            Lookup::Set(value) => value,
            _ => String::new(),
        };
        for call in step.calls() {
            let has = |flags: &[&str]| call.arguments().iter().any(|word| flags.iter().any(|flag| word.text().starts_with(flag)));
            let assigned = |text: &str| call.command.assignments.iter().any(|word| word.raw.starts_with(text));
            let alone = call.arguments().iter().filter(|word| !word.text().starts_with('-')).count() == 1;
            let ships = match (call.program(), call.subcommand()) {
                ("composer", "install") => !has(&["--no-dev"]) && set("COMPOSER_NO_DEV") != "1",
                ("npm" | "pnpm", "ci" | "install" | "i") if alone => !has(&["--omit", "--production", "--only", "--prod", "-P", "-g", "--global"]) && set("NODE_ENV") != "production" && !assigned("NODE_ENV=production") && set("NPM_CONFIG_OMIT").is_empty() && set("NPM_CONFIG_PRODUCTION").is_empty() && !pruned(step.index),
                ("bundle" | "bundler", "install") => !has(&["--without"]) && set("BUNDLE_WITHOUT").is_empty() && set("BUNDLE_ONLY").is_empty() && !configured,
                ("poetry", "install") => !has(&["--no-dev", "--only", "--without"]),
                ("uv", "sync") => !has(&["--no-dev", "--no-default-groups", "--only-group"]) && set("UV_NO_DEV").is_empty(),
                ("pipenv", "install" | "sync") => has(&["--dev"]) || call.has_flag(&["-d"]),
                _ => false,
            };
            if ships {
                let found = report.at(call.range(), format!("{} {} also installs what only developers use, and it is shipped", call.program(), call.subcommand()));
                let flag = match call.program() {
                    "composer" | "uv" => " --no-dev",
                    "npm" if !builds => " --omit=dev",
                    "poetry" => " --only main",
                    _ => "",
                };
                let verb = call.arguments().iter().find(|word| word.text() == call.subcommand()).filter(|_| !flag.is_empty() && !step.is_exec);
                if let Some(verb) = verb {
                    found.evidence_fix("leave them out", vec![insert(verb.range.end, flag)]);
                }
            }
        }
    }
}
