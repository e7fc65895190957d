//! Why no image could be built.

use std::{io, path::PathBuf};

use casehard_oci::RootPath;

use crate::{
    apt::{FetchError, SourcesError, SuiteError},
    deb::DebError,
    resolve::ResolveError,
    write::LayerError,
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
    /// The image cannot be written.
    #[error(transparent)]
    Write(#[from] LayerError),
    /// An owner of the recipe is neither a number nor an account of the image.
    #[error(
        "there is no user or group {name:?} in the image (the recipe can add it under `users` or `groups`)"
    )]
    NoSuchOwner {
        /// The name.
        name: String,
    },
    /// Something that is no directory stands where a directory must be.
    #[error("{path} cannot be made: something that is no directory is in the way")]
    InTheWay {
        /// The path.
        path: RootPath,
    },
    /// A source of the recipe is neither a file nor a folder nor a link, or too deep.
    #[error("{path} is neither a file nor a folder that could be put into an image")]
    Source {
        /// The source.
        path: PathBuf,
    },
}
