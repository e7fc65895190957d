//! `composer-unpinned`: PHP packages without a version.

use crate::build::*;

rule! {
    "composer-unpinned", Dockerfile, Medium, true,
    "PHP packages without a version",
    ["casehard:pip-unpinned"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    unpinned(input, report, &[Manager::Composer]);
}
