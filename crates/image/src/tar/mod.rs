//! Tar as layers use it: POSIX ustar and PAX (IEEE 1003.1, `pax`), and the GNU format (`tar` manual, *Basic Tar
//! Format*, *Sparse Formats*).

mod header;
mod pax;
mod sparse;
mod walk;
mod write;

pub use header::TarError;
pub(crate) use walk::{Extensions, Walk, WalkError};
pub(crate) use write::write_header;
