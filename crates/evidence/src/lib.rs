//! Evidence about an image: in-toto [`Statement`]s in DSSE [`Envelope`]s, and the SLSA [`provenance`] of a hardening.
//!
//! Statements are strict: consumers refuse fields they do not know (protojson), so nothing is added to them. Times
//! are passed in. What is predicated is left to whoever knows it; nothing here reads an image.

mod dsse;
mod key;
pub mod provenance;
mod statement;

pub use dsse::{Envelope, EnvelopeError, Signature, pae};
pub use key::{KeyError, SigningKey, VerifyingKey};
pub use statement::{ResourceDescriptor, Statement, StatementError, Subject, digest_set};
