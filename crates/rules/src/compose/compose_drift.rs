//! `compose-drift`: a service contradicts the image that it runs.

use crate::deployment::*;

rule! {
    "compose-drift", Compose, Medium, true,
    "a service contradicts the image that it runs",
    ["casehard:drift"]
}

/// Reports a read-only root over places that the application writes.
fn unwritable(input: &ComposeInput<'_>, service: &casehard_deploy::Service, facts: &crate::ImageFacts, report: &mut Report<'_>) {
    if !ComposeInput::is_true(service, "read_only") {
        return;
    }
    let mut places: Vec<String> = service.mounts().into_iter().filter(|mount| !mount.read_only).map(|mount| mount.target).collect();
    places.extend(service.texts("tmpfs").map(|(text, _)| text.split(':').next().unwrap_or_default().to_owned()));
    let missing = facts.uncovered(&places);
    if missing.is_empty() {
        return;
    }
    let message = format!("service {} has a read-only root, but the application writes to {} ({})", service.name, missing.join(", "), facts.source);
    let found = report.at(service.name_range.clone(), message);
    if service.get("tmpfs").is_none() {
        let exec = |place: &str| if facts.own_code_in(place).is_some() { "exec" } else { "noexec" };
        let list: Vec<String> = missing.iter().map(|place| format!("\"{place}:rw,{},nosuid,size=64m\"", exec(place))).collect();
        let line = format!("tmpfs: [{}]", list.join(", "));
        if let Some(edits) = add_entry(input.text, &service.node, &[&line]) {
            found.evidence_fix("give it temporary file systems there", edits);
        }
    }
}

/// Reports temporary file systems that no code can be run in where the application runs some.
fn without_code(service: &casehard_deploy::Service, facts: &crate::ImageFacts, report: &mut Report<'_>) {
    for (mount, range) in service.texts("tmpfs") {
        let (place, options) = mount.split_once(':').unwrap_or((mount, ""));
        let code = facts.own_code_in(place).filter(|_| !options.split(',').any(|option| option == "exec"));
        if let Some(code) = code {
            report.at(range, format!("tmpfs {place} of service {} is mounted noexec, as always without `exec`, and the application runs {code} ({})", service.name, facts.source));
        }
    }
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let Some(facts) = input.facts(service) else { continue };
        let by = &facts.source;
        if let Some((user, range)) = ComposeInput::value(service, "user")
            && matches!(user.split(':').next(), Some("0" | "root"))
            && facts.is_root() == Some(false)
        {
            report.at(range, format!("service {} is made root; by {by} the image runs as {}", service.name, facts.user.as_deref().unwrap_or_default()));
        }
        for port in service.ports() {
            let target = crate::build::ports(&port.target);
            if let (Some(known), Some(target)) = (&facts.ports, target)
                && !target.clone().any(|port| known.contains(&port))
            {
                let all: Vec<String> = known.iter().map(u32::to_string).collect();
                report.at(port.range, format!("service {} publishes port {}; by {by} the image listens on {}", service.name, port.target, all.join(", ")));
            }
        }
        if let Some(node) = service.node.at(&["healthcheck", "disable"]).filter(|node| node.bool() == Some(true) && facts.healthcheck == Some(true)) {
            report.at(node.range.clone(), format!("the health check of {by} is switched off in service {}", service.name));
        }
        unwritable(input, service, facts, report);
        without_code(service, facts, report);
        let kept: Vec<String> = service.texts("cap_add").map(|(name, _)| crate::evidence::bare_capability(name)).collect();
        let dropped: Vec<String> = service.texts("cap_drop").map(|(name, _)| crate::evidence::bare_capability(name)).collect();
        let missing: Vec<&str> = facts.capabilities.iter().flatten().map(String::as_str).filter(|name| !kept.iter().any(|other| other == name || other == "ALL") && dropped.iter().any(|other| other == name || other == "ALL")).collect();
        if !missing.is_empty() {
            report.at(service.name_range.clone(), format!("service {} drops {}, which the application needs by {by}", service.name, missing.join(", ")));
        }
    }
}
