//! The controls that a hardened image is meant to run under, and the files that ask runtimes for them.

mod compose;
mod kubernetes;
mod model;
mod seccomp;

pub use compose::{compose, is_shared};
pub use kubernetes::kubernetes;
pub use model::{Runtime, Writable, WritableKind};
pub use seccomp::{Allowed, allowed, allowed_because, seccomp};
