//! Level `package`: a package of which anything was used stays whole.

use std::collections::BTreeSet;

use casehard_image::Entry;
use casehard_inventory::PackageId;

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

/// A package of data alone (no program, no library, no source) stays with a used package that declares to need it: no
/// rule of code can find what is opened by a name. At level `file` too, for what else would say that it is needed.
pub(super) fn data_dependencies(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let mut todo: Vec<PackageId> = Vec::new();
    for node in closure.nodes() {
        if closure.grade(node) == Some(Grade::Active) && !is_place(ground.tree, ground.tree.entry(node)) {
            todo.extend(ground.owners(node));
        }
    }
    let mut seen: BTreeSet<PackageId> = todo.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(by) = todo.pop() {
        for needed in ground.dependencies.direct(by) {
            if ground.inventory.package(*needed).ecosystem.is_distribution()
                && !seen.contains(needed)
                && is_data(closure, *needed)
            {
                seen.insert(*needed);
                todo.push(*needed);
                found.push((*needed, by));
            }
        }
    }
    for (needed, by) in found {
        let by = ground.inventory.package(by).name.clone();
        for node in &ground.inventory.package(needed).files {
            let entry = ground.tree.entry(*node);
            if !is_place(ground.tree, entry) && debris::class(entry).is_none() && !closure.stays(*node) {
                closure.keep(entry, Grade::Member, Reason::Dependency { package: by.clone() });
            }
        }
    }
}

/// Whether a package has data, and nothing that runs.
fn is_data(closure: &Closure<'_>, package: PackageId) -> bool {
    let ground = closure.ground;
    let files = ground.inventory.package(package).files.iter().map(|node| ground.tree.entry(*node));
    let mut data = files.filter(|entry| entry.is_file() && debris::class(*entry).is_none()).peekable();
    data.peek().is_some()
        && data.all(|entry| {
            let facts = ground.inventory.facts(entry);
            entry.mode() & 0o111 == 0
                && facts.is_none_or(|facts| {
                    facts.elf.is_none()
                        && facts.script.is_none()
                        && facts.python.is_none()
                        && facts.source.is_none()
                })
        })
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
