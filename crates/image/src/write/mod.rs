//! Writing images, the same bytes each time.

mod blob;
mod compress;
mod error;
mod layer;
mod layout;

pub use error::WriteError;
pub use layer::{LayerWriter, WrittenLayer};
pub use layout::{LayoutWriter, Written};
