//! Writing images, the same bytes each time.

mod blob;
mod compress;
mod error;
mod layer;
mod layout;

pub(crate) use blob::{BlobFile, copy_blob, link_blob};
pub use error::WriteError;
pub use layer::{LayerWriter, WrittenLayer};
pub use layout::{LayoutWriter, Style, Written};
