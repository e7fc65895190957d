//! Perl: modules below the directories of `@INC` (perlvar), their compiled parts below `auto/` (DynaLoader), and the
//! layers of its input and output, which are modules found by the name a program gives.

use casehard_image::Entry;
use casehard_inventory::Source;
use casehard_oci::RootPath;

use super::{Closure, Grade, source};
use crate::plan::Rule;

/// The directory of `@INC` that a module stands in: its path ends in the name it declares.
pub(super) fn root_of<'a>(entry: Entry<'a>, source: &Source) -> Option<Entry<'a>> {
    let name = source.declares.as_deref()?.replace("::", "/") + ".pm";
    let path = entry.path();
    let root = path.as_bytes().strip_suffix(name.as_bytes())?;
    if !root.is_empty() && root.last() != Some(&b'/') {
        return None;
    }
    let depth = name.split('/').count();
    std::iter::successors(Some(entry), |entry| entry.parent()).nth(depth)
}

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, source: &'a Source, grade: Grade) {
    let roots: Vec<RootPath> =
        closure.sources.perl.iter().map(|root| closure.ground.tree.entry(*root).path()).collect();
    for name in source.loads() {
        for root in &roots {
            source::bring(closure, &root.join_as_kernel(name.as_bytes()), grade, entry, Rule::PerlImport);
        }
    }
    if grade == Grade::Active {
        for name in source.mentions() {
            for root in &roots {
                source::bring(
                    closure,
                    &root.join_as_kernel(name.as_bytes()),
                    Grade::Member,
                    entry,
                    Rule::PerlImport,
                );
            }
        }
        if source.is_dynamic {
            source::own_namespace(closure, entry, source, Rule::PerlImport);
        }
    }
    compiled(closure, entry, &roots, grade);
}

/// `auto/A/B/` of a module `A/B.pm`: its shared object, and subroutines that are loaded when they are called.
fn compiled<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, roots: &[RootPath], grade: Grade) {
    let path = entry.path();
    let below = roots.iter().filter_map(|root| path.strip_prefix(root)).min_by_key(|below| below.len());
    let Some(name) = below.and_then(|below| below.strip_suffix(b".pm")) else { return };
    let tree = closure.ground.tree;
    for root in roots {
        let directory = root.child(b"auto").join_as_kernel(name);
        let Some(directory) = tree.resolve(&directory).entry.filter(|entry| entry.is_directory()) else {
            continue;
        };
        for part in directory.children().filter(|part| !part.is_directory()) {
            if grade == Grade::Active || closure.ground.may_bring(entry, part) {
                closure.need(part, grade, entry, Rule::PerlImport);
            }
        }
    }
}

/// `PerlIO/NAME.pm` is loaded by the interpreter for `open(…, ":NAME", …)` (PerlIO).
pub(super) fn layers(closure: &mut Closure<'_>) {
    let tree = closure.ground.tree;
    let roots: Vec<Entry<'_>> = closure.sources.perl.iter().map(|root| tree.entry(*root)).collect();
    for root in roots {
        let Some(layers) = root.child(b"PerlIO").filter(|entry| entry.is_directory()) else { continue };
        for layer in layers.children().filter(|layer| layer.name().ends_with(b".pm")) {
            closure.need(layer, Grade::Member, root, Rule::PerlImport);
        }
    }
}
