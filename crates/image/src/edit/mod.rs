//! A new image by filtering the entries of another.

mod apply;
mod history;
mod plan;
mod sorted;
mod spec;

pub use apply::edit;
pub(crate) use apply::{Sink, flatten};
pub use spec::{Addition, Change, Edit};
