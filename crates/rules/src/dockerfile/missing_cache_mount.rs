//! `missing-cache-mount`: a build downloads its dependencies anew each time.

use crate::build::*;

rule! {
    "missing-cache-mount", Dockerfile, Info, false,
    "a build downloads its dependencies anew each time",
    ["tally:prefer-package-cache-mounts"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls().filter(|(step, _)| !input.is_shipped(step.stage)) {
        let heavy = matches!((call.program(), call.subcommand()), ("go" | "cargo", "build" | "install") | ("mvn" | "gradle" | "gradlew" | "mvnw", _) | ("npm", "ci" | "install") | ("pip" | "pip3", "install"));
        if heavy && !step.mounts.iter().any(|mount| mount.kind == "cache") {
            report.at(call.range(), "nothing is kept for the next build");
        }
    }
}
