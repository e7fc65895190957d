//! Who wants to see file contents.

use std::ops::Range;

use casehard_oci::RootPath;

use super::Ahead;
use crate::Head;

/// How much of a file somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// Nothing.
    Nothing,
    /// Everything, up to this many bytes; a larger file is not shown.
    Whole(u64),
}

/// Somebody who draws facts from file contents while the image streams past. Files of layers are shown as they
/// come; the fact of a file that an upper layer replaces or removes is dropped.
pub trait Inspect: Sync {
    /// What is kept about a file.
    type Fact: Send;

    /// Whether files like this one are looked at at all. Bytes of others are not even copied.
    fn looks_at(&self, _head: &Head) -> bool {
        true
    }

    /// Whether to be shown a regular file that is looked at, from its header and its first bytes (up to 4,096 of them).
    fn wants(&self, head: &Head, start: &[u8]) -> Want;

    /// Draws a fact from a file's bytes. Called only for files that were wanted and are within the wanted size.
    fn inspect(&self, path: &RootPath, head: &Head, bytes: &[u8]) -> Option<Self::Fact>;

    /// The parts of a large file that are enough, when it lies where they can be looked up before it is read; `None` for
    /// all of it. What is in no part is shown as zeros. Called for files that were wanted.
    fn parts(&self, _head: &Head, _start: &[u8], _ahead: &Ahead<'_>) -> Option<Vec<Range<u64>>> {
        None
    }

    /// What the large files that are looked at may take of memory together. A file for which there is no room is written
    /// to a file without a name, of which only the pages that are looked at take memory: that takes three times as long.
    fn room(&self) -> u64 {
        40 << 20
    }
}

/// Nobody: the tree alone.
impl Inspect for () {
    type Fact = ();
    fn looks_at(&self, _: &Head) -> bool {
        false
    }
    fn wants(&self, _: &Head, _: &[u8]) -> Want {
        Want::Nothing
    }
    fn inspect(&self, _: &RootPath, _: &Head, _: &[u8]) -> Option<()> {
        None
    }
}
