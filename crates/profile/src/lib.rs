//! What an application uses ([`Observation`], merged into a [`Profile`]), and how it is run ([`Workload`]).
//!
//! Everything here is data and pure functions: no I/O, no privileges. Recorders (`casehard-record`) yield
//! observations, `casehard-harden` decides on a profile, `casehard-verify` runs a workload.

mod diff;
mod json;
mod observation;
mod profile;
mod text;
pub mod workload;

pub use diff::{Change, Changes};
pub use json::ProfileError;
pub use observation::{Access, Address, AddressError, Blind, Identity, Observation, Phase};
pub use profile::{Misfit, PathUse, Profile, Subject, Users};
pub use text::Listing;
pub use workload::Workload;
