//! `missing-library`: a program needs a library or a loader that is not there.

use crate::audit::*;

rule! {
    "missing-library", Image, High, true,
    "a program needs a library or a loader that is not there",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_finding::Severity;
    let loader = input.inventory.loader(input.image, input.tree);
    let started = input.start.program().map(casehard_image::Entry::inode);
    let mut seen = std::collections::BTreeSet::new();
    for entry in input.start.program().into_iter().chain(input.programs()) {
        let Some(target) = input.tree.resolve(&entry.path()).entry else { continue };
        if !target.is_file() || target.mode() & 0o111 == 0 || !seen.insert(target.inode()) {
            continue;
        }
        let Some(elf) = input.inventory.elf(target) else { continue };
        if elf.interpreter.is_none() && elf.needed.iter().next().is_none() {
            continue;
        }
        let missing: Vec<String> = loader.closure(target).iter().filter(|link| link.found.is_none()).map(|link| String::from_utf8_lossy(&link.name).into_owned()).collect();
        if missing.is_empty() {
            continue;
        }
        let found = report.on(place(target), format!("{} needs {}, which the image does not have", target.path(), missing.join(", ")));
        if started == Some(target.inode()) {
            found.severity(Severity::Critical);
        }
    }
}
