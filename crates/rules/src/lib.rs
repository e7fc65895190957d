//! Every check of `casehard lint` and `casehard audit`: one registry, one way to report, to suppress and to mend.
//!
//! A rule is one file below `src/` and one page below `docs/`; [`rules`] lists them all. The functions here are pure:
//! they get the bytes of a file (and what is known of the folder around it) and give back findings. Reading files,
//! choosing formats and exit codes is left to the command line.

mod build;
mod check;
mod dockerfile;
mod kind;
mod mend;
#[cfg(test)]
mod pages;
mod report;
mod secret;
mod settings;
mod suppress;

pub use build::BuildContext;
pub use check::{rules, rules_for};
pub use kind::kind;
pub use mend::{Mended, Withdrawn, mend};
pub use settings::Settings;

use casehard_finding::{Finding, Subject};

/// What a check of one text file gives.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// What is wrong, by place.
    pub findings: Vec<Finding>,
    /// How many findings comments in the file allow.
    pub allowed: usize,
}

/// Checks a Dockerfile. `context` is what is known of the folder that is sent to the builder.
#[must_use]
pub fn check_dockerfile(
    file: &str,
    bytes: &[u8],
    context: Option<&BuildContext>,
    settings: &Settings,
) -> Checked {
    build::check(file, bytes, context, settings)
}

/// Checks a text file of a known kind; a kind that no rule reads gives nothing.
#[must_use]
pub fn check_file(
    subject: Subject,
    file: &str,
    bytes: &[u8],
    context: Option<&BuildContext>,
    settings: &Settings,
) -> Checked {
    match subject {
        Subject::Dockerfile => check_dockerfile(file, bytes, context, settings),
        _ => Checked::default(),
    }
}
