//! `compose-new-privileges`: programs of a service may gain privileges.

use crate::deployment::*;

rule! {
    "compose-new-privileges", Compose, High, true,
    "programs of a service may gain privileges",
    ["cis:5.26", "semgrep:no-new-privileges"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let set = service.texts("security_opt").any(|(option, _)| matches!(option.replace(['=', ' '], ":").as_str(), "no-new-privileges" | "no-new-privileges:true"));
        if set {
            continue;
        }
        let found = report.at(service.name_range.clone(), format!("programs of service {} may gain privileges", service.name));
        let edits = service.get("security_opt").is_none().then(|| add_entry(input.text, &service.node, &["security_opt:", "  - no-new-privileges:true"])).flatten();
        if let Some(edits) = edits {
            found.safe("forbid new privileges", edits);
        }
    }
}
