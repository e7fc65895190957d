//! Perl: modules below the directories of `@INC` (perlvar), their compiled parts below `auto/` (DynaLoader), and the
//! layers of its input and output, which are modules found by the name a program gives.

use std::collections::BTreeSet;

use casehard_image::{Entry, NodeId};
use casehard_inventory::Source;
use casehard_oci::RootPath;

use super::{Closure, Grade, Ground, source};
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

/// Directories that are of `@INC` by the layout that `Config` documents: `perl5`, `perl-base`, `site_perl`,
/// `vendor_perl`, and those of a version and of a machine below `perl` and these.
pub(super) fn roots(ground: Ground<'_>) -> BTreeSet<NodeId> {
    ground.tree.walk().filter(|entry| entry.is_directory() && is_root(*entry)).map(Entry::id).collect()
}

fn is_root(entry: Entry<'_>) -> bool {
    let above = |steps: usize| std::iter::successors(Some(entry), |entry| entry.parent()).nth(steps);
    let name = |steps: usize| above(steps).map(Entry::name).unwrap_or_default();
    let is_library = |name: &[u8]| matches!(name, b"perl5" | b"perl-base" | b"site_perl" | b"vendor_perl");
    let is_version = |name: &[u8]| name.first().is_some_and(u8::is_ascii_digit) && name.contains(&b'.');
    let is_machine =
        |name: &[u8]| name.windows(7).any(|part| part == b"-linux-") || name.ends_with(b"-linux");
    let has_version =
        |steps: usize| is_version(name(steps)) && (is_library(name(steps + 1)) || name(steps + 1) == b"perl");
    is_library(name(0)) || has_version(0) || is_machine(name(0)) && (has_version(1) || is_library(name(1)))
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

/// `PerlIO/NAME.pm` is loaded by the interpreter for `open(…, ":NAME", …)` (PerlIO), with `PerlIO.pm`; `:encoding` loads
/// `Encode` from its compiled part (PerlIO::encoding).
pub(super) fn layers(closure: &mut Closure<'_>) {
    let tree = closure.ground.tree;
    let roots: Vec<Entry<'_>> = closure.sources.perl.iter().map(|root| tree.entry(*root)).collect();
    for root in roots {
        for module in [&b"PerlIO.pm"[..], b"Encode.pm"] {
            if let Some(found) = root.child(module) {
                closure.need(found, Grade::Member, root, Rule::PerlImport);
            }
        }
        links(closure, root);
        let Some(layers) = root.child(b"PerlIO").filter(|entry| entry.is_directory()) else { continue };
        for layer in layers.children().filter(|layer| layer.name().ends_with(b".pm")) {
            closure.need(layer, Grade::Member, root, Rule::PerlImport);
        }
    }
}

/// Links beside a directory of `@INC` of which something stays: `@INC` names the directory by its shorter version
/// (`5.36` for `5.36.0`), and a run that found all it needed before that never looked.
fn links<'a>(closure: &mut Closure<'a>, root: Entry<'a>) {
    if closure.grade(root.id()).is_none() {
        return;
    }
    let tree = closure.ground.tree;
    for link in root.parent().into_iter().flat_map(Entry::children).filter(|entry| entry.is_symlink()) {
        if tree.resolve(&link.path()).entry.is_some_and(|target| target.id() == root.id()) {
            closure.need(link, Grade::Member, root, Rule::LinkOnTheWay);
        }
    }
}
