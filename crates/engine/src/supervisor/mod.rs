//! The single-threaded processes that Casehard starts of itself, because a process with threads may not do what a
//! sandbox needs after `fork(2)`.
//!
//! A program that uses this crate calls [`enter_if_asked`] before anything else in its `main`.

mod beside;
mod child;
mod command;
mod copy;
mod devices;
mod entry;
mod identity;
mod inside;
mod job;
mod limits;
mod look;
mod mounts;
mod network;
mod outside;
mod protocol;
mod root;
mod run;

pub(crate) use entry::{CONTAINER_MARK, RECORD, TRY};
pub use job::enter_if_asked;
pub(crate) use job::start;
pub(crate) use protocol::{
    Answer, Becoming, Beside, Doing, Enter, Failure, Job, Progress, Request, Stage, Start,
};
pub use protocol::{Attach, Operation, RootKind};
