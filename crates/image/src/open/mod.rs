//! Finding an image and reading its documents.

mod assemble;
mod docker;
mod docker_v1;
mod error;
mod find;
mod index;

pub use error::OpenError;
pub use find::open;
