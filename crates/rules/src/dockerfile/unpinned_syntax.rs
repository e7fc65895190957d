//! `unpinned-syntax`: the frontend that reads this file is not pinned.

use crate::build::*;

rule! {
    "unpinned-syntax", Dockerfile, Low, false,
    "the frontend that reads this file is not pinned",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for directive in input.document.directives().iter().filter(|directive| directive.name == "syntax") {
        if !directive.value.text.contains("@sha256:") {
            report.at(directive.value.range.clone(), format!("{} has no digest", directive.value.text));
        }
    }
}
