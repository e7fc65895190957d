//! Copying images as they are: their manifests, and so their digests, stay.

mod archive;
mod attached;
mod graph;
mod layout;

pub use archive::copy_to_archive;
pub use graph::Graph;
pub(crate) use graph::is_foreign;
pub use layout::copy_to_layout;
