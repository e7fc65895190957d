//! `assigned-secret`: configuration in the image gives a value to a name that says secret.

use crate::{Look, audit::*};

rule! {
    "assigned-secret", Image, Medium, true,
    "configuration in the image gives a value to a name that says secret",
    ["detect-secrets:KeywordDetector", "gitleaks:generic-api-key", "cis:4.10"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for secret in input.contents.secrets.iter().filter(|secret| secret.look == Look::Assigned) {
        let entry = input.tree.get(&secret.path);
        // What a package brings, anybody can download; and `secret-file` reports what its name says to be secret.
        let is_public = entry.is_some_and(|entry| input.inventory.owners(entry).next().is_some());
        if is_public || (!secret.hidden && secret_by_name(&secret.path).is_some()) {
            continue;
        }
        let place = casehard_finding::Location::Path { path: secret.path.clone(), layer: secret.layer };
        let hidden = if secret.hidden { "; an upper layer hides it, but it stays in the image" } else { "" };
        report.on(place, format!("{} gives {} a value that everybody can read who has the image (line {}){hidden}", secret.path, secret.what, secret.line));
    }
}
