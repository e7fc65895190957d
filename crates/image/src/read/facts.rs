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

    /// The same entries with other facts; those for which there is none are dropped.
    #[must_use]
    pub fn map<U>(self, mut fact: impl FnMut(T) -> Option<U>) -> Facts<U> {
        Facts(self.0.into_iter().filter_map(|(inode, old)| Some((inode, fact(old)?))).collect())
    }
}

impl<A, B> Facts<(Option<A>, Option<B>)> {
    /// The facts of two who looked at the same time.
    #[must_use]
    pub fn unzip(self) -> (Facts<A>, Facts<B>) {
        let (mut first, mut second) = (HashMap::new(), HashMap::new());
        for (inode, (a, b)) in self.0 {
            first.extend(a.map(|fact| (inode, fact)));
            second.extend(b.map(|fact| (inode, fact)));
        }
        (Facts(first), Facts(second))
    }
}
