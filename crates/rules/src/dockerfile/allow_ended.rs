//! `allow-ended`: an allowance whose day has passed.

use crate::build::*;

rule! {
    "allow-ended", Dockerfile, Low, true,
    "an allowance whose day has passed",
    []
}

/// Reported by the reading of comments (`suppress.rs`).
const fn check(_: &Input<'_>, _: &mut Report<'_>) {}
