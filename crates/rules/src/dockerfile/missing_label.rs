//! `missing-label`: labels that say where the image comes from are missing.

use crate::build::*;

rule! {
    "missing-label", Dockerfile, Info, false,
    "labels that say where the image comes from are missing",
    ["hadolint:DL3049", "droast:DF012"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let labels: Vec<&str> = input.model.lineage_instructions(last.index).into_iter().filter(|(_, instruction)| instruction.keyword == Keyword::Label).flat_map(|(_, instruction)| instruction.pairs()).map(|pair| pair.name.text.trim_matches('"')).collect();
    let wanted: Vec<&str> = if input.settings.labels.is_empty() {
        vec!["org.opencontainers.image.source", "org.opencontainers.image.revision"]
    } else {
        input.settings.labels.keys().map(String::as_str).collect()
    };
    let missing: Vec<&str> = wanted.into_iter().filter(|name| !labels.contains(name)).collect();
    if !missing.is_empty() {
        report.at(input.head(last.from), format!("the image does not say {}", missing.join(" and ")));
    }
}
