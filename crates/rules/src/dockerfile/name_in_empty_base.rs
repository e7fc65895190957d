//! `name-in-empty-base`: a user or owner is named where no account file exists.

use crate::build::*;

rule! {
    "name-in-empty-base", Dockerfile, High, true,
    "a user or owner is named where no account file exists",
    ["tally:named-identity-in-passwdless-stage"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        if input.image_below(stage.index) != Some("scratch") {
            continue;
        }
        let brings_accounts = input.model.lineage(stage.index).any(|stage| {
            input.of_stage(stage).any(|(_, instruction)| {
                instruction.keyword == Keyword::Add
                    || instruction.words().iter().any(|word| {
                        let path = word.text.trim_end_matches('/');
                        path.contains("passwd") || path.ends_with("/etc") || path.is_empty() || path.ends_with("rootfs") || path.ends_with("/out") || path == "." || path.ends_with("/*")
                    })
            })
        });
        if brings_accounts {
            continue;
        }
        for (index, instruction) in input.of_stage(stage) {
            let (word, what) = match (&instruction.arguments, instruction.flag("chown")) {
                (Arguments::Text(word), _) if instruction.keyword == Keyword::User => (word, "user"),
                (_, Some(flag)) => match &flag.value {
                    Some(word) => (word, "owner"),
                    None => continue,
                },
                _ => continue,
            };
            let Value::Known(text) = input.model.value_at(word, index) else { continue };
            let name = text.split(':').next().unwrap_or_default();
            if !name.is_empty() && !name.bytes().all(|byte| byte.is_ascii_digit()) && name != "root" {
                report.at(word.range.clone(), format!("{what} {name} cannot be found: scratch has no /etc/passwd"));
            }
        }
    }
}
