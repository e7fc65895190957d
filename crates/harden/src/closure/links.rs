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
    if grade == Grade::Member && !target.is_directory() && !closure.ground.may_bring(entry, target) {
        return;
    }
    for link in resolved.links {
        closure.need(link, grade, entry, Rule::LinkOnTheWay);
    }
    closure.need(target, if target.is_directory() { Grade::Member } else { grade }, entry, Rule::LinkTarget);
}
