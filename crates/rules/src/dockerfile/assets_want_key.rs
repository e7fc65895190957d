//! `assets-want-key`: assets are compiled with a key that the build should not have.

use crate::build::*;

rule! {
    "assets-want-key", Dockerfile, Low, false,
    "assets are compiled with a key that the build should not have",
    ["tally:ruby/asset-precompile-without-dummy-key"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_dockerfile::Lookup;
    let compiles = |call: &Call<'_>| {
        let (program, arguments) = call.bundled();
        matches!(program, "rails" | "rake") && arguments.iter().any(|word| word.text() == "assets:precompile")
    };
    for step in input.steps.iter().filter(|step| !step.mounts.iter().any(|mount| mount.kind == "secret")) {
        let Some(call) = step.calls().find(compiles) else { continue };
        let state = input.model.state(step.index);
        let text = step.commands.iter().flat_map(|command| command.assignments.iter().chain(&command.words));
        let given = |name: &str| text.clone().any(|word| word.raw.contains(name)) || matches!(state.lookup(name), Lookup::Set(_)) || state.env.contains_key(name) || state.args.contains_key(name);
        // Only there is a key wanted at all.
        let production = |name: &str| matches!(state.lookup(name), Lookup::Set(value) if value == "production") || text.clone().any(|word| word.raw.strip_prefix(name) == Some("=production"));
        let has_key = ["SECRET_KEY_BASE", "SECRET_KEY_BASE_DUMMY", "RAILS_MASTER_KEY"].iter().any(|name| given(name));
        if has_key || !(production("RAILS_ENV") || production("RACK_ENV")) {
            continue;
        }
        let found = report.at(call.range(), "without SECRET_KEY_BASE_DUMMY=1 this wants the application's real key in the build");
        if !step.is_exec && call.skip == 0 {
            found.evidence_fix("compile with a key that is none", vec![insert(call.command.range.start, "SECRET_KEY_BASE_DUMMY=1 ")]);
        }
    }
}
