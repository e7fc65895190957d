//! Every check of `casehard lint` and `casehard audit`: one registry, one way to report, to suppress and to mend.
//!
//! A rule is one file below `src/` and one page below `docs/`; [`rules`] lists them all. The functions here are pure:
//! they get the bytes of a file (and what is known of the folder around it) and give back findings. Reading files,
//! choosing formats and exit codes is left to the command line.

mod advice;
mod audit;
#[cfg(test)]
mod audit_example;
#[cfg(test)]
mod audit_rows;
mod build;
mod check;
mod cis;
mod compose;
mod deployment;
mod dockerfile;
mod dockerignore;
mod end_of_life;
mod evidence;
mod image;
mod kind;
mod kubernetes;
mod labels;
mod mend;
#[cfg(test)]
mod pages;
mod report;
mod rewrite;
mod secret;
mod settings;
mod shells;
mod suppress;

pub use advice::{Advice, Weight, advise};
pub use audit::{
    AlteredFile, FileContents, FileHashes, FoundSecret, Hashes, NoSecrets, SecretFacts, Secrets, Verified,
};
pub use build::{BuildContext, ContextProgram, ContextSecret, CopySource, copy_sources};
pub use check::{rules, rules_for};
pub use cis::{Shown, cis_section_4};
pub use deployment::{Kustomization, included_files, resources};
pub use evidence::{
    Evidence, ImageFacts, ServiceBuild, extended_files, image_key, image_shell, service_builds, unpinned,
};
pub use kind::kind;
pub use labels::LabelKind;
pub use mend::{Mended, Withdrawn, mend};
pub use rewrite::{Proposal, RewriteError, Target, rewrite};
pub use secret::{Look, SecretLine, secrets_in};
pub use settings::Settings;

use casehard_finding::{Finding, Subject};
use casehard_image::{Image, Tree};
use casehard_inventory::Inventory;

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
        Subject::Dockerignore => build::check_ignore(file, bytes, context, settings),
        Subject::Compose => deployment::check_compose(file, bytes, settings),
        Subject::Kubernetes => deployment::check_kubernetes(file, bytes, settings),
        _ => Checked::default(),
    }
}

/// Checks a built image, the worst findings first. `contents` is what [`Secrets`] found while the image was read; without
/// them only names of files, variables and the history are searched.
#[must_use]
pub fn check_image(
    image: &Image,
    tree: &Tree,
    inventory: &Inventory,
    contents: &FileContents,
    settings: &Settings,
) -> Vec<Finding> {
    audit::check(image, tree, inventory, contents, settings)
}
