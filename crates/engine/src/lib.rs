//! Starting, driving and stopping containers from an image: the embedded sandbox, and other engines beside it.
//!
//! This crate carries out and reports; what a result means is for others.

mod container;
mod spec;

pub use container::{Container, Exit, Output, Stream};
pub use spec::{Exec, Limits, Mount, MountKind, Network, Spec};
