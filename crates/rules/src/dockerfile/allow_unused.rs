//! `allow-unused`: an allowance that allows nothing.

use crate::build::*;

rule! {
    "allow-unused", Dockerfile, Info, true,
    "an allowance that allows nothing",
    ["hadolint:DL1001", "tally:ignore-unused"]
}

/// Reported by the reading of comments (`suppress.rs`), which knows what was used.
const fn check(_: &Input<'_>, _: &mut Report<'_>) {}
