//! Why no image could be built.

use std::{io, path::PathBuf};

use crate::{
    apt::{FetchError, SourcesError, SuiteError},
    deb::DebError,
    resolve::ResolveError,
};

/// Why no image could be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The sources of the machine cannot be read.
    #[error(transparent)]
    Sources(#[from] SourcesError),
    /// The machine has no source for the suite.
    #[error("{} has no source for suite {suite} ({})", .folder.display(), if .suites.is_empty() { "it has none at all".to_owned() } else { format!("it has {}", .suites.join(", ")) })]
    NoSource {
        /// The suite asked for.
        suite: String,
        /// Where sources were looked for.
        folder: PathBuf,
        /// The suites that are there.
        suites: Vec<String>,
    },
    /// A suite cannot be used.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// A package cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// No set of packages fits.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A locked version cannot be had any more.
    #[error("package {name} is locked at version {version}, which the suites do not have")]
    Pinned {
        /// The package.
        name: String,
        /// The version.
        version: String,
    },
    /// What would be built is not what the lock says.
    #[error("package {name} is {found}, but the lock says {locked}")]
    Locked {
        /// The package.
        name: String,
        /// What the lock says.
        locked: String,
        /// What the suites have.
        found: String,
    },
    /// A package file is broken.
    #[error(transparent)]
    Deb(#[from] DebError),
    /// A file of this machine cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
