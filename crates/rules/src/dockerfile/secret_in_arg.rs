//! `secret-in-arg`: a build argument whose name says secret.

use crate::build::*;

rule! {
    "secret-in-arg", Dockerfile, High, true,
    "a build argument whose name says secret",
    ["hadolint:DL3064", "buildkit:SecretsUsedInArgOrEnv", "trivy:DS-0031", "semgrep:secret-in-build-arg", "tally:ruby/secrets-in-arg-or-env", "tally:ruby/prefer-secret-mounts-for-build-credentials"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, instruction) in input.each(Keyword::Arg) {
        for pair in instruction.pairs() {
            if crate::secret::is_secret_name(&pair.name.text) {
                report.at(pair.name.range.clone(), format!("the value of {} stays in the history of the image", pair.name.text));
            }
        }
    }
}
