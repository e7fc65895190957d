//! `compose-repeated-name`: two services give their container the same name.

use crate::deployment::*;

rule! {
    "compose-repeated-name", Compose, Medium, true,
    "two services give their container the same name",
    ["dclint:no-duplicate-container-names"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for service in input.services().filter(|service| service.get("profiles").is_none()) {
        let Some((name, range)) = ComposeInput::value(service, "container_name") else { continue };
        match seen.iter().find(|(other, _)| *other == name) {
            Some((_, other)) => {
                report.at(range, format!("services {other} and {} both call their container {name}", service.name));
            }
            None => seen.push((name, &service.name)),
        }
    }
}
