//! Configuration files name modules, directories of plug-ins and further files by their paths. What a file below
//! `/etc` that was read names stays, as far as the file's package has it or declares to need it.

use casehard_image::Entry;
use casehard_oci::RootPath;

use super::{Closure, Grade};
use crate::{debris, plan::Rule};

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    if grade != Grade::Active {
        return;
    }
    let Some(names) = closure.ground.inventory.facts(entry).and_then(|facts| facts.paths.as_ref()) else {
        return;
    };
    for name in names.iter() {
        let path = RootPath::root().join_as_kernel(name);
        let Some(found) = closure.ground.tree.resolve(&path).entry else { continue };
        // A place that packages share says nothing about what of it is meant.
        let is_own = |closure: &Closure<'a>, found: Entry<'a>| {
            !closure.ground.owners(found.id()).is_empty() && closure.ground.may_bring(entry, found)
        };
        if !found.is_directory() {
            if is_own(closure, found) {
                closure.need_path(&path, Grade::Member, entry, Rule::NamedInConfiguration);
            }
            continue;
        }
        if path.components().count() < 3 {
            continue;
        }
        for child in found.children().filter(|child| !child.is_directory()).collect::<Vec<_>>() {
            let is_program = matches!(found.name(), b"bin" | b"sbin");
            if !is_program && debris::class(child).is_none() && is_own(closure, child) {
                closure.need_path(&child.path(), Grade::Member, entry, Rule::NamedInConfiguration);
            }
        }
    }
}
