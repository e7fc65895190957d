//! `assigned-in-context`: configuration that is copied gives a value to a name that says secret.

use super::secret_in_context::each_copied;
use crate::{Look, build::*};

rule! {
    "assigned-in-context", Dockerfile, Medium, true,
    "configuration that is copied from the build context gives a value to a name that says secret",
    ["detect-secrets:KeywordDetector", "gitleaks:generic-api-key"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    each_copied(input, Look::Assigned, &mut |range, first, more| {
        report.at(range, format!("{}, which this takes, gives {} a value on line {}{more}", first.file, first.secret.what, first.secret.line));
    });
}
