//! `compose-open-ulimit`: a limit of the kernel is taken away from a service.

use crate::deployment::*;

rule! {
    "compose-open-ulimit", Compose, Info, false,
    "a limit of the kernel is taken away from a service",
    ["cis:5.19"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for entry in service.get("ulimits").map(Node::entries).unwrap_or_default() {
            let open = |node: &Node| matches!(node.text(), Some("-1" | "unlimited"));
            if open(&entry.node) || entry.node.get("hard").is_some_and(open) {
                report.at(entry.key_range.clone(), format!("service {} has no limit of {}", service.name, entry.key));
            }
        }
    }
}
