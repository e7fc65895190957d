//! What of a package is content, and what is only a place for it.

use casehard_image::{Entry, Tree};

/// Whether an entry is a place rather than content: a directory, or a link to one. Package managers list `/bin` for
/// each package that has a program there, also where it is the link of a merged `/usr`.
pub(crate) fn is_place(tree: &Tree, entry: Entry<'_>) -> bool {
    entry.is_directory()
        || entry.is_symlink() && tree.resolve(&entry.path()).entry.is_some_and(Entry::is_directory)
}
