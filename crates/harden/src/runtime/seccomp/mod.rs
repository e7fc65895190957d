//! The seccomp profile that follows from the system calls that were seen.

mod because;
mod profile;
mod runtimes;
mod same;

pub use because::{Allowed, allowed_because};
pub use profile::{allowed, seccomp};
