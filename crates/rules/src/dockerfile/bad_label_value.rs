//! `bad-label-value`: the value of a label is not what the standard or the configuration says.

use crate::{LabelKind, build::*};

rule! {
    "bad-label-value", Dockerfile, Info, true,
    "the value of a label is not what the standard or the configuration says",
    ["hadolint:DL3051", "hadolint:DL3052", "hadolint:DL3053", "hadolint:DL3054", "hadolint:DL3055", "hadolint:DL3056", "hadolint:DL3058", "droast:DF081"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Label) {
        for pair in instruction.pairs() {
            let Some(word) = pair.value.as_ref() else { continue };
            let Value::Known(value) = input.model.value_at(word, index) else { continue };
            let name = pair.name.text.trim_matches(['"', '\'']);
            let value = value.trim_matches(['"', '\'']);
            let Some(kind) = input.settings.labels.get(name).copied().or_else(|| standard(name)) else { continue };
            let is_digest = name != "org.opencontainers.image.base.digest" || value.parse::<casehard_oci::Digest>().is_ok();
            if let Some(wrong) = kind.wrong(value).or_else(|| (!is_digest).then_some("is no digest")) {
                report.at(word.range.clone(), format!("{name} {wrong}"));
            }
        }
    }
}

/// What a label of the OCI image specification (`annotations.md`) or of Label Schema 1.0 holds.
fn standard(name: &str) -> Option<LabelKind> {
    let key = name.strip_prefix("org.opencontainers.image.").or_else(|| name.strip_prefix("org.label-schema."))?;
    Some(match key {
        "created" | "build-date" => LabelKind::Rfc3339,
        "url" | "documentation" | "source" | "vcs-url" => LabelKind::Url,
        "licenses" => LabelKind::Spdx,
        _ => LabelKind::Text,
    })
}
