//! The merged root file system of an image.

mod entry;
mod intern;
mod lookup;
mod merge;
mod node;
mod resolve;

pub use entry::{Entry, NodeId};
pub(crate) use merge::Merge;
pub use merge::MergeError;
pub use node::{LayerContent, Tree};
pub use resolve::Resolved;
