//! `npm-unpinned`: Node packages without a version.

use crate::build::*;

rule! {
    "npm-unpinned", Dockerfile, Medium, true,
    "Node packages without a version",
    ["hadolint:DL3016", "casehard:pip-unpinned"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    unpinned(input, report, &[Manager::Npm, Manager::Yarn]);
}
