//! Copying an image as it is: its manifest, and so its digest, stay.

mod archive;
mod layout;

pub use archive::copy_to_archive;
pub(crate) use archive::manifest_type;
pub(crate) use layout::blobs;
pub use layout::copy_to_layout;
