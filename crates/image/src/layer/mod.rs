//! One layer as a stream: its blob checked and decompressed, its tar walked.

mod budget;
mod checked;
mod entries;
mod feed;
mod queue;
mod unpack;

pub(crate) use budget::Budget;
pub(crate) use checked::Checked;
pub use entries::{Entries, EntryReader};
