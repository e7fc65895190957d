//! `allow-without-reason`: an allowance without a reason.

use crate::build::*;

rule! {
    "allow-without-reason", Dockerfile, Info, true,
    "an allowance without a reason",
    []
}

/// Reported by the reading of comments (`suppress.rs`).
const fn check(_: &Input<'_>, _: &mut Report<'_>) {}
