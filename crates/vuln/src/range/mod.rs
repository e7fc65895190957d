//! Sets of versions: intervals, their algebra, and the requirement notations that feeds write.

mod interval;
mod requirement;

pub use interval::{Bound, Interval, complement, intersect};
pub use requirement::{comparators, gem, semver};
