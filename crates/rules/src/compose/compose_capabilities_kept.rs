//! `compose-capabilities-kept`: a service keeps the default capabilities.

use crate::deployment::*;

rule! {
    "compose-capabilities-kept", Compose, Medium, true,
    "a service keeps the default capabilities",
    ["cis:5.4"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        if service.texts("cap_drop").any(|(name, _)| name.eq_ignore_ascii_case("all")) || ComposeInput::is_true(service, "privileged") {
            continue;
        }
        let found = report.at(service.name_range.clone(), format!("service {} keeps the default capabilities", service.name));
        let edits = service.get("cap_drop").is_none().then(|| add_entry(input.text, &service.node, &["cap_drop: [ALL]"])).flatten();
        if let Some(edits) = edits {
            found.evidence_fix("drop all capabilities", edits);
        }
    }
}
