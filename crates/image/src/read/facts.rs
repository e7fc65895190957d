//! What is kept about files.

use std::collections::HashMap;

use crate::Entry;

/// The facts of the files that are in the merged tree, by inode: names of one file share one fact.
#[derive(Debug)]
pub struct Facts<T>(pub(super) HashMap<u32, T>);

impl<T> Facts<T> {
    /// The fact of an entry.
    #[must_use]
    pub fn get(&self, entry: Entry<'_>) -> Option<&T> {
        self.0.get(&entry.inode())
    }
}
