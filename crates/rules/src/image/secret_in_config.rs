//! `secret-in-config`: a secret in the environment, the labels, the commands or the history.

use crate::audit::*;

rule! {
    "secret-in-config", Image, Critical, true,
    "a secret in the environment, the labels, the commands or the history",
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
    let container = input.container();
    arguments("Entrypoint", container.entrypoint.as_deref().unwrap_or_default(), report);
    arguments("Cmd", container.cmd.as_deref().unwrap_or_default(), report);
    arguments("Healthcheck", container.healthcheck.as_ref().map_or(&[][..], |check| &check.test), report);
    for (entry, step) in input.image.config().history.iter().enumerate() {
        for text in [&step.created_by, &step.comment].into_iter().flatten() {
            for hit in crate::secret::find(text.as_bytes()) {
                report.on(Location::History { entry }, format!("the history holds what looks like a {}", hit.what));
            }
        }
        let Some(text) = &step.created_by else { continue };
        // `RUN |2 NAME=value NAME=value /bin/sh -c …`: build arguments.
        let given = text.split_once('|').map_or("", |(_, rest)| rest);
        let count = given.split(' ').next().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
        let given = given.split(' ').skip(1).take(count.min(64)).map(|pair| ("build argument", pair));
        // `ENV NAME=value`, `ARG NAME=value`, by the older builder behind `#(nop)`: what is still set is told above.
        let plain = text.strip_prefix("/bin/sh -c #(nop)").unwrap_or(text).trim_start();
        let declared = ["ENV ", "ARG "].iter().find_map(|keyword| plain.strip_prefix(keyword)).unwrap_or_default();
        let declared = declared.split(' ').filter(|pair| !container.env.iter().any(|set| set == pair)).take(64).map(|pair| ("variable", pair));
        for (kind, pair) in given.chain(declared) {
            let Some((name, value)) = pair.split_once('=') else { continue };
            if crate::secret::is_secret_name(name) && !crate::secret::is_placeholder(value) {
                report.on(Location::History { entry }, format!("{kind} {name} has a value that everybody can read")).severity(Severity::High);
            }
        }
    }
}

/// Secrets among the words of a command: by their own look, and as `--db-password=VALUE` or `--db-password VALUE`.
fn arguments(part: &str, words: &[String], report: &mut Report<'_>) {
    use casehard_finding::Severity;
    for (at, word) in words.iter().enumerate().take(1024) {
        if let Some(hit) = crate::secret::find(word.as_bytes()).first() {
            report.on(config(part), format!("the command holds what looks like a {}", hit.what));
            continue;
        }
        let Some(option) = word.strip_prefix("--") else { continue };
        let next = || words.get(at + 1).map(String::as_str).filter(|next| !next.starts_with('-'));
        let (name, value) = option.split_once('=').map_or_else(|| (option, next()), |(name, value)| (name, Some(value)));
        let Some(value) = value.filter(|value| !value.starts_with(['/', '.']) && !value.contains(char::is_whitespace)) else { continue };
        if crate::secret::is_secret_name(name) && !crate::secret::is_placeholder(value) {
            report.on(config(part), format!("--{name} has a value that everybody can read")).severity(Severity::High);
        }
    }
}
