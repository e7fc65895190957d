//! What a machine lacks for a test, said by the test's name.
#![expect(clippy::print_stderr, clippy::disallowed_methods, reason = "for tests alone")]

use std::{path::PathBuf, process::Command};

/// Says that a test did not run, and why.
pub fn skip(name: &str, why: &str) {
    eprintln!("skipped: {name}: {why}");
}

/// Whether tests that take minutes and the network are asked for.
#[must_use]
pub fn is_slow(name: &str) -> bool {
    let asked = std::env::var_os("CASEHARD_SLOW").is_some_and(|value| !value.is_empty());
    if !asked {
        skip(name, "it takes minutes, and the network or other engines; CASEHARD_SLOW=1 runs it");
    }
    asked
}

/// Whether this is root.
#[must_use]
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A program of this machine.
#[must_use]
pub fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let more = [PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")];
    std::env::split_paths(&path).chain(more).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether containers cannot be started here, in which case the test's name is said with what is missing.
#[must_use]
pub fn sandbox_is_missing(name: &str) -> bool {
    static WHY: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let why = WHY.get_or_init(|| {
        let shelf = crate::Shelf::new();
        let image = format!("oci:{}", shelf.image().display());
        let output = shelf.run(&["run", &image, "--", "check"]);
        (!output.status.success()).then(|| crate::stderr(&output))
    });
    if let Some(why) = why {
        // A broken sandbox must not pass for a missing one.
        assert!(why.contains("hint:"), "{why}");
        skip(name, why.lines().next().unwrap_or_default());
    }
    why.is_some()
}
