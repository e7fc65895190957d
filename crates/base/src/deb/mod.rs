//! Debian package files and what stands in their control parts.

mod archive;
mod control;
mod relation;
mod version;

pub(crate) use archive::{Deb, decompress};
pub(crate) use control::{Stanza, stanzas};
pub(crate) use relation::{Clause, Relation, clauses};
pub(crate) use version::compare;

pub use archive::DebError;
pub use control::StanzaError;
