//! Why a path, a package or a permission stays or went: what a plan says of it, followed back to what was used.

mod answer;
mod package;
mod path;
mod permission;
mod words;

pub use answer::{Answer, Line, why};
pub use words::{reason, removal};
