//! `needless-network`: an installation that needs no network has it.

use crate::build::*;

rule! {
    "needless-network", Dockerfile, Info, false,
    "an installation that needs no network has it",
    ["tally:ruby/prefer-network-none-install"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.steps.iter().filter(|step| step.instruction.flag("network").is_none()) {
        // Other commands of the step may need it.
        let quiet = |call: Call<'_>| matches!(call.program(), "cd" | "set" | "export" | "mkdir" | "rm" | "cp" | "mv" | "ln" | "chmod" | "chown" | "true" | "echo");
        let mut rest = step.calls().filter(|call| !quiet(*call)).peekable();
        let Some(first) = rest.peek().copied() else { continue };
        if rest.all(is_offline) {
            report.at(first.range(), "everything is there already: --network=none keeps what is installed from the network");
            continue;
        }
        let mounted = |kind: &str| step.mounts.iter().any(|mount| mount.kind == kind);
        if first.is_bundle("install") && mounted("bind") && mounted("cache") {
            report.at(first.range(), "what gems run while they are installed has the network: download in one step, install in another without");
        }
    }
}

/// Whether it installs or builds from what is there, by its own flags.
fn is_offline(call: Call<'_>) -> bool {
    let has = |flags: &[&str]| call.has_flag(flags);
    match (call.program(), call.subcommand()) {
        ("bundle" | "bundler", "install") => has(&["--local"]),
        ("pip" | "pip3", "install") => has(&["--no-index"]) && !call.arguments().iter().any(|word| word.text().contains("://")),
        ("npm", "ci" | "install") | ("yarn" | "pnpm", "install") | ("uv", "sync") | ("mvn" | "gradle" | "gradlew" | "mvnw", _) => has(&["--offline"]),
        ("cargo", "build" | "install") => has(&["--offline", "--frozen"]),
        ("go", "build") => has(&["-mod=vendor"]),
        _ => false,
    }
}
