//! One pass over an image: the merged tree, and facts from file contents.

mod facts;
mod inspect;
mod pass;
mod spool;
mod turns;

pub use facts::Facts;
pub use inspect::{Inspect, Want};
pub use pass::read;
