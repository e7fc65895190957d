//! Fetching publishers' feeds into a folder of copies, from which the store is built.
//!
//! The folder is a mirror of its own: serve it, and another machine can update from it. A feed that cannot be fetched
//! leaves its old copy and is named in the store built from it.

mod delta;
mod feeds;
mod fetch;
mod folder;
mod locate;

pub use feeds::{Feed, feeds};
pub use fetch::{Failed, Options, Updated, update};
pub use folder::{FolderError, rebuild};
