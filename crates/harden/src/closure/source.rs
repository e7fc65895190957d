//! Source files of Perl, Ruby and JavaScript: what they load by name stays with them, found as their interpreters find it.

use std::collections::BTreeSet;

use casehard_image::{Entry, NodeId};
use casehard_inventory::{Language, Source};
use casehard_oci::RootPath;

use super::{Closure, Grade, Ground, node, perl, ruby};
use crate::plan::Rule;

/// The directories that names are looked up in, as the profile and the layout of the image show them.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// Directories of Perl's `@INC`.
    pub perl: BTreeSet<NodeId>,
    /// Directories of Ruby's `$LOAD_PATH`.
    pub ruby: BTreeSet<NodeId>,
    /// Directories that hold Node packages by name, beside every `node_modules`.
    pub node: BTreeSet<NodeId>,
}

impl Roots {
    pub(super) fn of(ground: Ground<'_>) -> Self {
        let mut roots = Self::default();
        let (mut has_ruby, mut has_perl) = (false, false);
        for (path, used) in &ground.profile.paths {
            if !used.needs_presence() {
                continue;
            }
            let Some(entry) = ground.tree.get(path).filter(|entry| entry.is_file()) else { continue };
            if let Some(manifest) = ground.inventory.node(entry) {
                roots.node.extend(node::root_of(entry, manifest).map(Entry::id));
            }
            match ground.inventory.source(entry) {
                Some(source) if source.language == Language::Perl => {
                    has_perl = true;
                    roots.perl.extend(perl::root_of(entry, source).map(Entry::id));
                }
                Some(source) => has_ruby |= source.language == Language::Ruby,
                None => {}
            }
        }
        if has_perl {
            roots.perl.extend(perl::roots(ground));
        }
        if has_ruby {
            roots.ruby = ruby::roots(ground);
        }
        roots
    }
}

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    let Some(source) = closure.ground.inventory.source(entry) else { return };
    // What somebody put into the image as the application counts as used when its turn comes.
    let grade = if closure.is_application(entry) { Grade::Active } else { grade };
    match source.language {
        Language::Perl => perl::close(closure, entry, source, grade),
        Language::Ruby => ruby::close(closure, entry, source, grade),
        Language::JavaScript => node::close(closure, entry, source, grade),
        _ => {}
    }
}

/// Keeps what a name leads to. A part that was not used brings only what its package declares to need.
pub(super) fn bring<'a>(
    closure: &mut Closure<'a>,
    path: &RootPath,
    grade: Grade,
    by: Entry<'a>,
    rule: Rule,
) -> bool {
    let Some(found) = closure.ground.tree.resolve(path).entry.filter(|found| found.is_file()) else {
        return false;
    };
    if grade == Grade::Active || closure.ground.may_bring(by, found) {
        closure.need_path(path, grade, by, rule);
    }
    true
}

/// A file that loads names which it computes finds them below its own name, or beside it when it is the entrance of
/// its directory: source files there, of the same package, stay with it.
pub(super) fn own_namespace<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, source: &Source, rule: Rule) {
    let Some(directory) = entry.parent() else { return };
    let stem = entry.name().rsplitn(2, |byte| *byte == b'.').last().unwrap_or_default();
    let space = match directory.child(stem) {
        Some(below) if below.is_directory() => below,
        _ if stem == b"index" => directory,
        _ => return,
    };
    let ground = closure.ground;
    let owners = ground.owners(entry.id());
    for found in space.below() {
        let is_source = ground.inventory.source(found).is_some_and(|other| other.language == source.language);
        let shared = ground.inventory.owners(found).any(|owner| owners.contains(&owner));
        if is_source && (shared || owners.is_empty()) {
            closure.need(found, Grade::Member, entry, rule);
        }
    }
}
