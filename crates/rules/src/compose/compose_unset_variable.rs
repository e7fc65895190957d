//! `compose-unset-variable`: a variable has no default.

use crate::deployment::*;

rule! {
    "compose-unset-variable", Compose, Low, false,
    "a variable has no default",
    ["compose:warning"]
}

/// The scalars below a node.
fn scalars<'a>(node: &'a Node, found: &mut Vec<&'a Node>) {
    if node.text().is_some() {
        found.push(node);
    }
    for entry in node.entries().iter().filter(|entry| !entry.merged) {
        scalars(&entry.node, found);
    }
    for item in node.items() {
        scalars(item, found);
    }
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let mut texts = Vec::new();
        scalars(&service.node, &mut texts);
        for node in texts {
            let Some(text) = node.text().filter(|text| text.contains('$')) else { continue };
            let open: Vec<String> = interpolate(text).open.into_iter().filter(|name| !text.contains(&format!("{name}:?")) && !text.contains(&format!("{name}?")) && !text.contains(&format!("{name}+")) && !text.contains(&format!("{name}:+"))).collect();
            if !open.is_empty() {
                report.at(node.range.clone(), format!("{} of service {} may be empty", open.join(", "), service.name));
            }
        }
    }
}
