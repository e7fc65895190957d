//! Symbolic links: where they lead stays with them.

use casehard_image::Entry;

use super::{Closure, Grade};
use crate::plan::Rule;

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    if !entry.is_symlink() {
        return;
    }
    let path = entry.path();
    let resolved = closure.ground.tree.resolve(&path);
    let Some(target) = resolved.entry else { return };
    if grade == Grade::Member && !target.is_directory() && !belongs(closure, entry, target) {
        return;
    }
    for link in resolved.links {
        closure.need(link, grade, entry, Rule::LinkOnTheWay);
    }
    closure.need(target, if target.is_directory() { Grade::Member } else { grade }, entry, Rule::LinkTarget);
}

/// Whether what an unused link leads to is its package's own business: a file of the same package, of one that it
/// declares to need, or of none.
fn belongs(closure: &Closure<'_>, link: Entry<'_>, target: Entry<'_>) -> bool {
    let inventory = closure.ground.inventory;
    let targets = inventory.owners(target.id());
    targets.is_empty()
        || inventory.owners(link.id()).iter().any(|package| {
            targets.iter().any(|target| target == package || closure.depends(*package, *target))
        })
}
