//! Which packages of an image are vulnerable.
//!
//! Version orders ([`Scheme`]), the advisory store, matching, VEX and gates. Cataloging what is in an image is left to
//! `casehard-inventory`, drawing results to `casehard-report`.

pub mod version;

pub use version::Scheme;
