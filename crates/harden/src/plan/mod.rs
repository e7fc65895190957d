//! Planning: a pure function, and what it yields.

mod build;
mod model;

pub use build::{Ground, plan};
pub use model::{Added, Addition, Change, Fate, Note, PackagePlan, Plan, Reason, Removal, Rule, Setting};
