//! Finding an image and reading its documents.

mod assemble;
mod docker;
mod docker_v1;
mod error;
mod find;
mod index;
mod root;

pub use error::OpenError;
pub use find::{Extent, open, open_all};
pub(crate) use {
    assemble::{document, parse},
    index::{MAX_MANIFESTS, MAX_NESTING},
};
