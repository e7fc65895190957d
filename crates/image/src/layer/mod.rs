//! One layer as a stream: its blob checked and decompressed, its tar walked.

mod checked;
mod entries;

pub(crate) use checked::Checked;
pub use entries::{Entries, EntryReader};
