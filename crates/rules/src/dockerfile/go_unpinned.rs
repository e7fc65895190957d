//! `go-unpinned`: Go programs without a version.

use crate::build::*;

rule! {
    "go-unpinned", Dockerfile, Medium, true,
    "Go programs without a version",
    ["hadolint:DL3062", "casehard:pip-unpinned"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    unpinned(input, report, &[Manager::Go]);
}
