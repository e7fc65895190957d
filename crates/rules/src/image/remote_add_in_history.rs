//! `remote-add-in-history`: the history shows ADD from the network.

use crate::audit::*;

rule! {
    "remote-add-in-history", Image, Low, true,
    "the history shows ADD from the network",
    ["dockle:CIS-DI-0009", "cis:4.9"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (entry, step) in input.image.config().history.iter().enumerate() {
        let Some(text) = &step.created_by else { continue };
        let text = text.strip_prefix("/bin/sh -c #(nop) ").unwrap_or(text);
        if let Some(rest) = text.strip_prefix("ADD ").filter(|rest| !rest.contains("--checksum") && (rest.contains("http://") || rest.contains("https://"))) {
            let address = rest.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_default();
            report.on(casehard_finding::Location::History { entry }, format!("{address} was added without a checksum"));
        }
    }
}
