//! What an application uses ([`Observation`], merged into a [`Profile`]), and how it is run ([`Workload`]).
//!
//! Everything here is data and pure functions: no I/O, no privileges. Recorders (`casehard-record`) yield
//! observations, `casehard-harden` decides on a profile, `casehard-verify` runs a workload.

mod observation;
mod profile;
pub mod workload;

pub use observation::{Access, Address, Blind, Identity, Observation, Phase};
pub use profile::{PathUse, Profile, Subject, Users};
pub use workload::Workload;
