//! .NET: the host reads `NAME.deps.json`, and loads the assemblies and libraries it lists, which stand beside it or
//! below `runtimes/`, as code comes to need them.

use casehard_image::Entry;

use super::{Closure, Grade};
use crate::plan::Rule;

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    if grade != Grade::Active || !entry.name().ends_with(b".deps.json") {
        return;
    }
    let Some(directory) = entry.parent() else { return };
    for found in directory.below().filter(|found| !found.is_directory()) {
        let name = found.name();
        if [&b".dll"[..], b".so", b".json"].iter().any(|end| name.ends_with(end)) {
            closure.need(found, Grade::Member, entry, Rule::Assembly);
        }
    }
}
