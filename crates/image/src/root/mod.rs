//! Plain root file systems: a folder or a tar with what an image would show a container.

mod flat;
mod folder;
mod scan;

pub use flat::{Flattened, copy_to_root};
pub(crate) use scan::scan;
