//! Starting, driving and stopping containers from an image: the embedded sandbox, and Docker and Podman.
//!
//! [`Sandbox`] starts a container from an image by a [`Spec`], as an ordinary user or as root, with nothing installed
//! beside it; what runs is a [`Container`]. A program that uses it calls [`supervisor::enter_if_asked`] first thing in
//! its `main`.
//!
//! This crate carries out and reports; what a result means is for others.
#![allow(unsafe_code)]

mod capability;
mod changes;
pub mod channel;
mod confinement;
mod container;
mod daemon;
mod groups;
mod memory;
mod namespace;
mod sandbox;
pub mod seccomp;
mod signals;
mod spec;
mod store;
pub mod supervisor;
mod sys;

pub use capability::{DEFAULT_CAPABILITIES, capability_names, capability_number};
pub use changes::{Change, ChangeKind};
pub use confinement::{Confinement, Process, Tried, WritableMount};
pub use container::{Container, Exit, Output, Stream};
pub use daemon::{Daemon, DaemonNetwork, Driven, EngineKind};
pub use memory::give_back_freed_memory;
pub use namespace::{IdMap, Missing, Range, UserNamespace};
pub use sandbox::{EngineError, JoinedNetwork, Recorder, Running, Sandbox, StartOptions, Streams};
pub use signals::Signals;
pub use spec::{Exec, Limits, Mount, MountKind, Network, Spec};
pub use store::{Collected, Keep, Root, Skipped, Store, StoreError, Unpacked};
pub use supervisor::RootKind;
pub use sys::leave_keys_to_the_container;
