//! `secret-in-config`: a secret in the environment, the labels or the history.

use crate::audit::*;

rule! {
    "secret-in-config", Image, Critical, true,
    "a secret in the environment, the labels or the history",
    ["dockle:CIS-DI-0010", "trufflehog:2881", "cis:4.10"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_finding::{Location, Severity};
    for pair in &input.container().env {
        let Some((name, value)) = pair.split_once('=') else { continue };
        if let Some(hit) = crate::secret::find(pair.as_bytes()).first() {
            report.on(config("Env"), format!("{name} holds what looks like a {}", hit.what));
        } else if crate::secret::is_secret_name(name) && !crate::secret::is_placeholder(value) {
            report.on(config("Env"), format!("{name} has a value that everybody can read")).severity(Severity::High);
        }
    }
    for (name, value) in &input.container().labels {
        for hit in crate::secret::find(value.as_bytes()) {
            report.on(config("Labels"), format!("label {name} holds what looks like a {}", hit.what));
        }
    }
    for (entry, step) in input.image.config().history.iter().enumerate() {
        let Some(text) = &step.created_by else { continue };
        for hit in crate::secret::find(text.as_bytes()) {
            report.on(Location::History { entry }, format!("the history holds what looks like a {}", hit.what));
        }
        // `RUN |2 NAME=value NAME=value /bin/sh -c …`: build arguments.
        let arguments = text.split_once('|').map_or("", |(_, rest)| rest);
        let count = arguments.split(' ').next().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
        for pair in arguments.split(' ').skip(1).take(count.min(64)) {
            let Some((name, value)) = pair.split_once('=') else { continue };
            if crate::secret::is_secret_name(name) && !crate::secret::is_placeholder(value) {
                report.on(Location::History { entry }, format!("build argument {name} has a value that everybody can read")).severity(Severity::High);
            }
        }
    }
}
