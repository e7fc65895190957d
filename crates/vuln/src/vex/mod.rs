//! VEX, the statements of others on whether a vulnerability matters: read as OpenVEX, CSAF and CycloneDX, written as OpenVEX.

mod apply;
mod cyclonedx;
mod presence;
mod purl;
mod read;
mod read_csaf;
mod statement;
mod write;

pub use apply::{ImageIdentity, apply};
pub use cyclonedx::cyclonedx;
pub use presence::absent_packages;
pub use read::{VexError, read};
pub use statement::{Product, Statement, Status};
pub use write::{Absence, Absent, Authorship, absences, openvex};
