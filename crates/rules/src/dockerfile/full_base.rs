//! `full-base`: the shipped base is the full image where a slim one exists.

use crate::build::*;

rule! {
    "full-base", Dockerfile, Low, false,
    "the shipped base is the full image where a slim one exists",
    ["casehard:base"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    const SLIM: [&str; 12] = ["python", "node", "ruby", "perl", "php", "rust", "golang", "openjdk", "eclipse-temurin", "debian", "gradle", "maven"];
    let Some(last) = input.model.last_stage() else { return };
    let Some(bottom) = input.model.lineage(last.index).last() else { return };
    let (Base::Image(text), Some(word)) = (&bottom.base, &bottom.image) else { return };
    let name = ImageName::parse(text);
    let small = ["slim", "alpine", "distroless", "jre", "chiseled", "apline", "nano"].iter().any(|part| name.tag.is_some_and(|tag| tag.contains(part)));
    let official = name.registry.is_none() && SLIM.contains(&name.path.strip_prefix("library/").unwrap_or(name.path));
    if official && !small && name.tag.is_some() {
        report.at(word.range.clone(), format!("{text} is made for building; a smaller variant runs the same application"));
    }
}
