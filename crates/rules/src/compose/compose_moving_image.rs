//! `compose-moving-image`: the image of a service has no tag, or the latest.

use crate::deployment::*;

rule! {
    "compose-moving-image", Compose, Medium, true,
    "the image of a service has no tag, or the latest",
    ["dclint:service-image-require-explicit-tag", "cis:5.28"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    let found = input.services().filter(|service| service.get("build").is_none()).filter_map(|service| service.get("image"));
    images(input.text, found.filter_map(|node| Some((node.text()?, node.range.clone()))), Pin::Moving, input.evidence, report);
}
