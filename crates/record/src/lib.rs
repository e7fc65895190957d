//! Recording what an application uses, without privileges and without changing the application.
//!
//! [`start`] runs an image in the sandbox with two witnesses: the kernel's notifications of system calls
//! (`seccomp_unotify(2)`), read by a process beside the container, and access times, which were zero before. What one
//! saw and the other did not is explained, or an event was lost, which is an error. A program that uses this crate calls
//! [`enter_if_asked`] first thing in its `main`.
//!
//! This crate tells what happened; what follows from it is decided elsewhere.
#![allow(unsafe_code)]

pub mod agent;
mod backend;
mod call;
mod collect;
mod facts;
mod filter;
mod front;
mod process;
mod recording;
mod witness;

pub use backend::{BACKENDS, Backend};
pub use filter::oci_filter;
pub use front::{Front, front};
pub use recording::{Mode, RecordError, Recording, start, start_under};

/// Does what this process was started for, and ends it, when it is one that a sandbox or recorder started. Otherwise
/// returns at once. To be called first thing in `main`, while the process has one thread.
pub fn enter_if_asked() {
    casehard_engine::supervisor::enter_if_asked();
    process::enter_if_asked();
}
