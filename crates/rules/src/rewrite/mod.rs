//! A Dockerfile of one stage made into two: what builds, and what is shipped. A proposal, to be built and verified.

mod bases;
mod languages;
mod proposal;
mod python;
mod stage;

pub use proposal::{Proposal, RewriteError, Target, rewrite};
