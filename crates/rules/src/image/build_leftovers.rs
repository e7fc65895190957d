//! `build-leftovers`: version control, build files or core dumps are in the image.

use crate::audit::*;

rule! {
    "build-leftovers", Image, Low, true,
    "version control, build files or core dumps are in the image",
    ["dockle:DKL-LI-0003"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_finding::Severity;
    for entry in input.tree.walk() {
        let name = entry.name();
        let owned = || input.inventory.owners(entry).next().is_some();
        if entry.is_directory() && matches!(name, b".git" | b".svn" | b".hg") && entry.children().next().is_some() {
            report.on(place(entry), format!("{} gives away the history of the source", entry.path())).severity(Severity::High);
        } else if entry.is_file() && (matches!(name, b"Dockerfile" | b"Containerfile" | b".dockerignore" | b"docker-compose.yml" | b"compose.yaml" | b"docker-compose.yaml")) && !owned() {
            report.on(place(entry), format!("{} is a part of the build, not of the application", entry.path()));
        } else if entry.is_file() && name == b"core" && input.inventory.elf(entry).is_some_and(|elf| elf.kind == casehard_inventory::elf::ElfKind::Core) {
            report.on(place(entry), format!("{} is a memory dump", entry.path())).severity(Severity::High);
        }
    }
}
