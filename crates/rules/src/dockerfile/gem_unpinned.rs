//! `gem-unpinned`: Ruby packages without a version.

use crate::build::*;

rule! {
    "gem-unpinned", Dockerfile, Medium, true,
    "Ruby packages without a version",
    ["hadolint:DL3028", "casehard:pip-unpinned"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    unpinned(input, report, &[Manager::Gem]);
}
