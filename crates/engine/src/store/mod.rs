//! Images unpacked on this machine: each once, whatever the number of runs, with the owners it states.

mod directory;
mod garbage;
mod send;
mod unpack;
mod wire;

pub(crate) use directory::Run;
pub use directory::{Root, Store, StoreError};
pub use garbage::{Collected, Keep};
pub use unpack::{Skipped, Unpacked};
pub(crate) use unpack::{remove, unpack};
