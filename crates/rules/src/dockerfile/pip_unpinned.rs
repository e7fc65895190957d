//! `pip-unpinned`: Python packages without a version.

use crate::build::*;

rule! {
    "pip-unpinned", Dockerfile, Medium, true,
    "Python packages without a version",
    ["hadolint:DL3013", "droast:DF051", "droast:DF053", "droast:DF054"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    unpinned(input, report, &[Manager::Pip]);
}
