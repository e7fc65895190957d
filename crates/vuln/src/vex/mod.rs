//! VEX, the statements of others on whether a vulnerability matters: read as OpenVEX, CSAF and CycloneDX, written as OpenVEX.

mod accept;
mod apply;
mod cyclonedx;
mod presence;
mod purl;
mod read;
mod read_csaf;
mod statement;
mod suggest;
mod write;

pub use accept::{AcceptError, Accepted, Choice, accept};
pub use apply::{ImageIdentity, apply};
pub use cyclonedx::cyclonedx;
pub use presence::absent_packages;
pub use read::{VexError, read};
pub use statement::{Product, Statement, Status};
pub use suggest::{Suggestion, suggested, suggestions};
pub use write::{Absence, Absent, Authorship, absences, openvex};
