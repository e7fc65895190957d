//! `compose-broken`: the file is not the YAML it seems to be.

use crate::deployment::*;

rule! {
    "compose-broken", Compose, High, true,
    "the file is not the YAML it seems to be",
    []
}

/// Reported by the reading of the file (`deployment/run.rs`).
const fn check(_: &ComposeInput<'_>, _: &mut Report<'_>) {}
