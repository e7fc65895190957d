//! `altered-package-file`: a file is not what its package installed.

use crate::audit::*;

rule! {
    "altered-package-file", Image, Medium, true,
    "a file is not what its package installed",
    ["cis:4.11"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for file in input.contents.verified.iter().flat_map(|verified| &verified.altered) {
        let since = if file.layer > file.installed_by {
            format!("; layer {} has replaced it", file.layer)
        } else {
            String::new()
        };
        let place = casehard_finding::Location::Path { path: file.path.clone(), layer: Some(file.layer) };
        let found = report.on(place, format!("{} is not what {} installed{since}", file.path, file.package));
        // What runs matters more than what is read.
        if input.tree.get(&file.path).is_some_and(|entry| entry.mode() & 0o111 != 0 || input.inventory.elf(entry).is_some()) {
            found.severity(casehard_finding::Severity::High);
        }
    }
}
