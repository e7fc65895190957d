//! Deciding what stays of an image, and making the image of it.
//!
//! [`plan`] is a pure function of an image's tree, inventory and configuration, a profile and a [`Policy`]; it says of
//! every path why it stays or goes. [`apply`] does what a plan lists and nothing else. [`runtime`] writes the controls
//! that follow from a profile. Nothing here runs anything.

mod account;
mod apply;
mod breadth;
mod carry;
mod closure;
mod concessions;
mod config;
mod content;
mod debris;
mod kept;
mod level;
mod ownership;
mod packages;
pub mod plan;
mod policy;
mod price;
mod privilege;
pub mod runtime;
mod summary;
mod tools;
pub mod why;
mod writable;

pub use apply::{ApplyError, apply};
pub use breadth::{Breadth, BreadthError};
pub use carry::{Misfit, carry};
pub use concessions::Concessions;
pub use config::{exec_form, without_shell_forms};
pub use level::{Level, LevelError};
pub use plan::{Ground, Plan, plan};
pub use policy::{Picks, Policy, PolicyError, classes};
pub use price::{Price, Prices, price, prices};
pub use summary::summary;
pub use tools::{ToolFacts, Tools};
