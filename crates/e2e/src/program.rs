//! The program under test.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "for tests alone: one that cannot begin has failed"
)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    time::SystemTime,
};

/// The program: `CASEHARD_BIN`, or the one beside these tests, built when it is not there or older than its sources.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn casehard() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(program) = std::env::var_os("CASEHARD_BIN") {
            return program.into();
        }
        // target/PROFILE/deps/e2e-0123456789abcdef
        let here = std::env::current_exe().expect("the test program");
        let folder = here.ancestors().nth(2).expect("the target folder");
        let program = folder.join("casehard");
        if !is_fresh(&program) {
            let release: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
            let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .args(["build", "--quiet", "--locked", "-p", "casehard"])
                .args(release)
                .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
                .status();
            assert!(status.expect("cargo").success(), "the program cannot be built");
        }
        program
    })
}

/// Whether a program is newer than all its sources, which cargo lists beside it.
fn is_fresh(program: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    let Ok(list) = std::fs::read_to_string(program.with_extension("d")) else { return false };
    let Ok(built) = time(program) else { return false };
    let sources = list.split_once(": ").map_or("", |(_, sources)| sources).split_whitespace();
    sources.map(|source| time(Path::new(source)).unwrap_or(SystemTime::UNIX_EPOCH)).all(|time| time <= built)
}

/// The exit code; panics with what was written when there was a signal.
///
/// # Panics
/// When a signal ended the program.
#[must_use]
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{}: {}", output.status, stderr(output)))
}

/// What a program wrote for people.
#[must_use]
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a program wrote as its answer.
#[must_use]
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
