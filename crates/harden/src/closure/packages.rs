//! Level `package`: a package of which anything was used stays whole.

use casehard_image::Entry;

use super::{Closure, Grade};
use crate::{content::is_place, debris, plan::Reason};

pub(super) fn keep_whole(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let mut found = Vec::new();
    for node in closure.nodes() {
        if closure.grade(node) != Some(Grade::Active) || is_place(ground.tree, ground.tree.entry(node)) {
            continue;
        }
        for package in ground.owners(node) {
            if closure.whole.insert(package, node).is_none() {
                found.push(package);
            }
        }
    }
    found.sort_unstable();
    for package in found {
        let record = &ground.inventory.packages[package.index()];
        for node in &record.files {
            let entry = ground.tree.entry(*node);
            if debris::class(entry).is_none() {
                closure.keep(entry, Grade::Member, Reason::Package { package: record.name.clone() });
            }
        }
    }
    unowned(closure);
}

/// Files of no package in places that packages share stay with the directory they stand in: a link that a
/// maintainer script made, a cache that a trigger wrote.
fn unowned(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let mut found: Vec<(Entry<'_>, String)> = Vec::new();
    for entry in ground.tree.walk() {
        if entry.is_directory() || closure.stays(entry.id()) || !ground.owners(entry.id()).is_empty() {
            continue;
        }
        if debris::class(entry).is_some()
            || crate::packages::is_database(&entry.path())
            || dangles(closure, entry)
        {
            continue;
        }
        if let Some(package) = home(closure, entry) {
            found.push((entry, package));
        }
    }
    for (entry, package) in found {
        closure.keep(entry, Grade::Member, Reason::Package { package });
    }
}

/// A link whose target goes says nothing without it.
fn dangles(closure: &Closure<'_>, entry: Entry<'_>) -> bool {
    entry.is_symlink()
        && closure.ground.tree.resolve(&entry.path()).entry.is_none_or(|target| !closure.stays(target.id()))
}

/// A package that stays whole and owns the nearest directory above that has an owner, when no other kind of
/// package shares that directory.
fn home(closure: &Closure<'_>, entry: Entry<'_>) -> Option<String> {
    let inventory = closure.ground.inventory;
    let mut above = entry.parent();
    while let Some(directory) = above {
        let owners = closure.ground.owners(directory.id());
        if !owners.is_empty() {
            let whole = owners.iter().find(|package| closure.whole.contains_key(package))?;
            return Some(inventory.packages[whole.index()].name.clone());
        }
        above = directory.parent();
    }
    None
}
