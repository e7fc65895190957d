//! `build-leftovers`: version control, build files or core dumps are in the image.

use crate::audit::*;

rule! {
    "build-leftovers", Image, Low, true,
    "version control, build files or core dumps are in the image",
    ["dockle:DKL-LI-0003"]
}

/// Whether a file of this name describes how something is built or run.
fn is_of_build(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_compose = (lower.starts_with("docker-compose") || lower.starts_with("compose.")) && (lower.ends_with(".yml") || lower.ends_with(".yaml"));
    let is_dockerfile = ["dockerfile", "containerfile"].iter().any(|word| lower == *word || lower.starts_with(&format!("{word}.")) || lower.ends_with(&format!(".{word}")));
    let exact = [".dockerignore", ".gitignore", ".gitmodules", ".gitattributes", ".gitlab-ci.yml", ".travis.yml", "jenkinsfile", "azure-pipelines.yml", ".ds_store"];
    is_dockerfile || is_compose || exact.contains(&lower.as_str())
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_finding::Severity;
    let mut maps = Vec::new();
    for entry in input.tree.walk() {
        let name = std::str::from_utf8(entry.name()).unwrap_or_default();
        let owned = || input.inventory.owners(entry).next().is_some();
        if entry.is_directory() {
            if matches!(name, ".git" | ".svn" | ".hg") && entry.children().next().is_some() {
                report.on(place(entry), format!("{} gives away the history of the source", entry.path())).severity(Severity::High);
            } else if matches!(name, ".github" | ".gitlab" | ".circleci" | ".vscode" | ".idea") && !owned() {
                report.on(place(entry), format!("{} is a part of the build, not of the application", entry.path()));
            }
        } else if entry.is_file() {
            if is_of_build(name) && !owned() {
                report.on(place(entry), format!("{} is a part of the build, not of the application", entry.path()));
            } else if name == "core" && input.inventory.elf(entry).is_some_and(|elf| elf.kind == casehard_inventory::elf::ElfKind::Core) {
                report.on(place(entry), format!("{} is a memory dump", entry.path())).severity(Severity::High);
            } else if [".js.map", ".mjs.map", ".css.map"].iter().any(|end| name.ends_with(end)) && !owned() {
                maps.push(entry);
            }
        }
    }
    if let Some(first) = maps.first() {
        let more = if maps.len() > 1 { format!(" and {} more give", maps.len() - 1) } else { " gives".to_owned() };
        report.on(place(*first), format!("{}{more} away the source of what browsers are sent", first.path()));
    }
}
