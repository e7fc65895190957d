//! Which packages of an image are vulnerable.
//!
//! [`import::import`] reads publishers' feeds into a [`store::Builder`], which writes a [`Store`]; [`scan`] looks the
//! packages of an image up in it. Cataloging what is in an image is left to `casehard-inventory`, drawing results to
//! `casehard-report`.

pub mod advisory;
mod assess;
mod date;
mod ecosystem;
pub mod finding;
pub mod gate;
pub mod import;
mod matching;
mod material;
pub mod range;
mod severity;
mod snapshot;
pub mod store;
pub mod update;
mod usage;
pub mod version;
pub mod vex;

pub use assess::{Assess, Assessment, assess};
pub use ecosystem::Ecosystem;
pub use finding::{Finding, Level, Scan};
pub use matching::{Distribution, Request, Subject, SubjectKind, scan};
pub use material::Material;
pub use snapshot::{snapshot, snapshot_in};
pub use store::{Store, StoreError};
pub use usage::Usages;
pub use version::Scheme;
