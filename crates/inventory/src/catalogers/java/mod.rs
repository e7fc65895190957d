//! Java: archives with what they hold, and runtimes.

mod archive;
mod manifest;
mod runtime;
mod zip;

pub use archive::JAVA;
pub use runtime::JAVA_RUNTIME;
