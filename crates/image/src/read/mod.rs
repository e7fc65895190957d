//! One pass over an image: the merged tree, and facts from file contents.

mod ahead;
mod facts;
mod holed;
mod inspect;
mod pass;
mod spool;
mod turns;

pub use ahead::Ahead;
pub use facts::Facts;
pub use inspect::{Inspect, Want};
pub use pass::read;
