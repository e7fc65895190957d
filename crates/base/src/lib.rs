//! Container images from a recipe and distribution packages.
//!
//! [`build`] reads a [`Recipe`], takes signed indexes from the machine's own package sources or a mirror, resolves
//! what is asked for, unpacks the packages and writes an OCI layout. No maintainer script is run: what the scripts would
//! have made is made by reading them against the new root with a closed set of commands, and what no command covers
//! is reported. No root is needed, since owners are fields of a tar; the same inputs give the same bytes.

mod accounts;
mod apt;
mod build;
mod clock;
mod configure;
mod deb;
mod error;
mod facts;
mod files;
mod fingerprint;
mod lock;
mod nearest;
mod options;
mod recipe;
mod resolve;
mod root;
mod script;
mod select;
mod write;
mod yaml;

pub use apt::{FetchError, OpenPgpError, ReleaseError, SourcesError, SuiteError};
pub use build::{Built, BuiltLayer, BuiltPackage, Uncovered, build};
pub use deb::{DebError, StanzaError};
pub use error::BuildError;
pub use fingerprint::fingerprint;
pub use lock::{Lock, LockedPackage};
pub use options::{Options, Progress, Stage};
pub use recipe::{
    DirectoryEntry, FileContent, FileEntry, Flavour, GroupEntry, LinkEntry, Owner, Recipe, RecipeError,
    UserEntry,
};
pub use resolve::ResolveError;
pub use select::Source;
pub use write::LayerError;
