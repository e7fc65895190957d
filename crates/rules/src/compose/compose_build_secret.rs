//! `compose-build-secret`: a secret is given to a build as an argument.

use crate::deployment::*;

rule! {
    "compose-build-secret", Compose, High, true,
    "a secret is given to a build as an argument",
    []
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let Some(arguments) = service.node.at(&["build", "args"]) else { continue };
        let named = arguments.entries().iter().map(|entry| (entry.key.to_string(), entry.key_range.clone()));
        let listed = arguments.items().iter().filter_map(|item| Some((item.text()?.split('=').next()?.to_owned(), item.range.clone())));
        for (name, range) in named.chain(listed).filter(|(name, _)| crate::secret::is_secret_name(name)) {
            report.at(range, format!("the value of {name} stays in the history of the image of service {}", service.name));
        }
    }
}
