//! What the configuration and the manifest say.

use super::{Side, make};
use crate::{Check, Status};

pub(super) fn healthcheck(original: Side<'_>, hardened: Side<'_>) -> Check {
    let of = |side: Side<'_>| {
        let check = side.image.config().config.healthcheck.clone();
        let check = check
            .filter(|check| !check.test.is_empty() && check.test.first().is_some_and(|word| word != "NONE"));
        check.map(|check| check.test.join(" "))
    };
    let before = of(original).unwrap_or_else(|| "none".to_owned());
    match of(hardened) {
        Some(test) => make("healthcheck", Status::Pass, test, before),
        None => make(
            "healthcheck",
            Status::Warn,
            "the image has none; an orchestrator's own probe does as well",
            before,
        ),
    }
}

pub(super) fn base(original: Side<'_>, hardened: Side<'_>) -> Check {
    let digest = |side: Side<'_>| {
        side.image.manifest().annotations.get("org.opencontainers.image.base.digest").cloned()
    };
    let before = digest(original).unwrap_or_else(|| "no base is named".to_owned());
    match digest(hardened) {
        Some(digest) => make("base-pinned", Status::Pass, format!("made from {digest}"), before),
        None => make("base-pinned", Status::Fail, "the manifest does not name what it was made from", before),
    }
}
