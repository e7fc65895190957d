//! `cargo-unpinned`: Rust programs without a version.

use crate::build::*;

rule! {
    "cargo-unpinned", Dockerfile, Medium, true,
    "Rust programs without a version",
    ["casehard:pip-unpinned"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    unpinned(input, report, &[Manager::Cargo]);
}
