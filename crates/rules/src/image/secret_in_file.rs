//! `secret-in-file`: a file of a layer holds a token, a key or a password.

use crate::audit::*;

rule! {
    "secret-in-file", Image, Critical, true,
    "a file of a layer holds a token, a key or a password",
    ["trivy:secret", "trufflehog:docker"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for secret in input.contents.secrets.iter().filter(|secret| secret.look == crate::Look::Known) {
        let entry = input.tree.get(&secret.path);
        let owner = entry.and_then(|entry| input.inventory.owners(entry).next()).map(|id| input.inventory.package(id));
        // What anybody can download is no secret.
        if owner.is_some_and(|package| package.ecosystem.is_distribution()) {
            continue;
        }
        let place = casehard_finding::Location::Path { path: secret.path.clone(), layer: secret.layer };
        let hidden = if secret.hidden { "; an upper layer hides it, but it stays in the image" } else { "" };
        let found = report.on(place, format!("{} holds what looks like a {} (line {}){hidden}", secret.path, secret.what, secret.line));
        if owner.is_some() {
            found.severity(casehard_finding::Severity::Low);
        }
    }
}
