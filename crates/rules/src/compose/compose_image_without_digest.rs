//! `compose-image-without-digest`: the image of a service is not pinned by digest.

use crate::deployment::*;

rule! {
    "compose-image-without-digest", Compose, Low, false,
    "the image of a service is not pinned by digest",
    []
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    let found = input.services().filter(|service| service.get("build").is_none()).filter_map(|service| service.get("image"));
    images(input.text, found.filter_map(|node| Some((node.text()?, node.range.clone()))), Pin::NoDigest, input.evidence, report);
}
