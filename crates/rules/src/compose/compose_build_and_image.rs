//! `compose-build-and-image`: a service is built and names an image.

use crate::deployment::*;

rule! {
    "compose-build-and-image", Compose, Info, false,
    "a service is built and names an image",
    ["dclint:no-build-and-image"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        if let (Some(_), Some(image)) = (service.get("build"), service.get("image")) {
            let policy = service.get("pull_policy").and_then(Node::text);
            if policy != Some("build") {
                report.at(image.range.clone(), format!("service {} runs what is pulled under this name where there is such an image, and what is built otherwise", service.name));
            }
        }
    }
}
