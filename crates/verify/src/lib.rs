//! Runs the same workload on two images, says what differs, and proves that the second one is hardened.
//!
//! What was decided while hardening is not trusted: everything is looked at again, on the running container.

mod compare;
mod contents;
pub mod diff;
mod difference;
mod error_lines;
mod hardening;
pub mod job;
mod model;
mod proofs;
pub mod run;
mod staging;
mod start;
mod structure;
mod volatile;

pub use compare::{compare, forgive};
pub use difference::{Difference, Kind};
pub use hardening::{Advice, Base, Fate, Feed, Hardening, Measure, Stage, Timing, Vulnerability};
pub use model::{Check, Repair, RepairBy, Status, Step, Verification, Went};
pub use staging::{Staging, StagingError};
pub use start::{Controls, spec};
pub use structure::structure;
