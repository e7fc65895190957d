//! What differs between two images: paths with every attribute, packages, configuration.

mod config;
mod contents;
mod model;
mod packages;
mod paths;

pub use model::{Aspect, Diff, FieldDifference, PackageDifference, PathDifference, Times};
pub use paths::diff;
