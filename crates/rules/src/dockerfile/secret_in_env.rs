//! `secret-in-env`: a variable whose name says secret is baked into the image.

use crate::build::*;

rule! {
    "secret-in-env", Dockerfile, High, true,
    "a variable whose name says secret is baked into the image",
    ["hadolint:DL3064", "buildkit:SecretsUsedInArgOrEnv", "trivy:DS-0031", "droast:DF014", "dockle:CIS-DI-0010", "cis:4.10", "tally:ruby/secrets-in-arg-or-env", "tally:ruby/prefer-secret-mounts-for-build-credentials"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Env) {
        for pair in instruction.pairs() {
            let Some(word) = &pair.value else { continue };
            let empty = input.model.value_at(word, index).known().is_some_and(|text| matches!(text, "" | "true" | "false" | "0" | "1"));
            if crate::secret::is_secret_name(&pair.name.text) && !empty {
                report.at(pair.name.range.clone(), format!("{} is kept in the image for everybody to read", pair.name.text));
            }
        }
    }
}
