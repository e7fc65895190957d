//! The root file system in the making: a tree in memory whose files mostly are references into package files.

mod place;
mod store;
mod tree;
mod unpack;

pub(crate) use place::{Diversion, PackageState, place};
pub(crate) use store::Store;
pub(crate) use tree::{Content, Kind, Node, Root};
pub(crate) use unpack::{EntryKind, Unpacked, unpack};
