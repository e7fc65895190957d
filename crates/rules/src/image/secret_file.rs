//! `secret-file`: a file whose name says secret.

use crate::audit::*;

rule! {
    "secret-file", Image, High, true,
    "a file whose name says secret",
    ["dockle:CIS-DI-0010"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for entry in input.tree.walk().filter(|entry| entry.is_file() && entry.size() > 0) {
        let path = entry.path();
        let Some(what) = secret_by_name(&path) else { continue };
        // Packages bring examples and tests under such names.
        let in_content = input.contents.secrets.iter().any(|secret| secret.path == path && secret.look == crate::Look::Known);
        if in_content || input.inventory.owners(entry).next().is_some() {
            continue;
        }
        report.on(place(entry), format!("{path} is, by its name, {what}"));
    }
    for path in &input.contents.removed {
        let Some(what) = secret_by_name(path) else { continue };
        let place = casehard_finding::Location::Path { path: path.clone(), layer: None };
        report.on(place, format!("{path} is, by its name, {what}; an upper layer removed it, but it stays in the image"));
    }
}
