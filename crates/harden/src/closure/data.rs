//! Level `file`: the data that a package's own code reads, and plug-ins beside used ones.

use std::collections::BTreeSet;

use casehard_image::{Entry, NodeId};
use casehard_inventory::PackageId;

use super::{Closure, Grade, elf, module_data, python, siblings};
use crate::{content::is_place, debris, plan::Rule};

pub(super) fn keep(closure: &mut Closure<'_>) {
    package_data(closure);
    module_data::keep(closure);
    plugins(closure);
    siblings::keep(closure);
    empty_directories(closure);
}

/// A data directory of a package (`/usr/share/NAME`, `/usr/lib/NAME`, `/etc/NAME`, …) of which the application used
/// something stays with all that the package has in it, but for programs and libraries: those have rules of their own.
fn package_data(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let mut used: BTreeSet<(PackageId, NodeId)> = BTreeSet::new();
    for node in closure.nodes() {
        let entry = ground.tree.entry(node);
        if is_place(ground.tree, entry) || closure.grade(node) != Some(Grade::Active) {
            continue;
        }
        if let Some(directory) = data_directory(entry) {
            used.extend(ground.owners(node).into_iter().map(|package| (package, directory.id())));
        }
    }
    for (package, directory) in used {
        let top = ground.tree.entry(directory);
        let prefix = top.path();
        for node in &ground.inventory.packages[package.index()].files {
            let entry = ground.tree.entry(*node);
            let is_code = elf::is_elf(closure, entry) || entry.is_file() && entry.mode() & 0o111 != 0;
            if is_code
                || closure.stays(*node)
                || debris::class(entry).is_some()
                || !entry.path().starts_with(&prefix)
            {
                continue;
            }
            closure.need(entry, Grade::Member, top, Rule::PackageData);
        }
    }
}

/// The directory of its own that a package keeps data in, when `entry` stands in one. Directories that a language's
/// modules or one of the families stand in are none: their own rules know better what belongs together.
fn data_directory(entry: Entry<'_>) -> Option<Entry<'_>> {
    let mut chain: Vec<Entry<'_>> = std::iter::successors(entry.parent(), |entry| entry.parent()).collect();
    chain.reverse();
    let path = chain.last()?.path();
    let components: Vec<&[u8]> = path.components().collect();
    let (depth, name) = match components.as_slice() {
        [b"usr", b"lib" | b"libexec", triplet, name, ..] if is_triplet(triplet) => (4, *name),
        [b"usr", b"lib", triplet] if is_triplet(triplet) => return None,
        // Libraries in PHP, each in a directory of its own.
        [b"usr", b"share", b"php", name, _, ..] => (4, *name),
        [b"usr", b"share" | b"lib" | b"libexec", name, ..] => (3, *name),
        [b"etc", name, ..] => (2, *name),
        _ => return None,
    };
    let has_own_rule = name.starts_with(b"python")
        || name.starts_with(b"perl")
        || matches!(
            name,
            b"ruby"
                | b"nodejs"
                | b"node_modules"
                | b"php"
                | b"jvm"
                | b"locale"
                | b"i18n"
                | b"zoneinfo"
                | b"terminfo"
                | b"gconv"
                | b"ssl"
                | b"ca-certificates"
                | b"fonts"
                | b"icons"
                | b"doc"
                | b"man"
                | b"info"
                | b"ld.so.conf.d"
                | b"pam.d"
                | b"security"
                | b"alternatives"
                | b"default"
                | b"init.d"
                | b"cron.d"
                | b"systemd"
                | b"dpkg"
                | b"apt"
        );
    if has_own_rule { None } else { chain.get(depth).copied() }
}

/// Debian's multiarch directories: `x86_64-linux-gnu`.
fn is_triplet(name: &[u8]) -> bool {
    name.windows(7).any(|part| part == b"-linux-")
}

/// A library beside one that was loaded from a plug-in directory stays when it needs nothing that does not stay already.
fn plugins(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    for directory in elf::plugin_directories(closure) {
        let directory = ground.tree.entry(directory);
        // Extension modules of an interpreter are found by name, and imports say which.
        if python::is_on_import_path(closure, directory) {
            continue;
        }
        for entry in directory.children() {
            if elf::is_library(closure, entry)
                && !closure.stays(entry.id())
                && elf::needs_nothing_new(closure, entry)
            {
                closure.need(entry, Grade::Member, directory, Rule::PluginSibling);
            }
        }
    }
}

/// An empty directory of a package that stays is part of how it works: a place to write, a place to look into.
fn empty_directories(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let mut packages = BTreeSet::new();
    for node in closure.nodes() {
        if closure.grade(node) == Some(Grade::Active) && !is_place(ground.tree, ground.tree.entry(node)) {
            packages.extend(ground.owners(node));
        }
    }
    for package in packages {
        let record = &ground.inventory.packages[package.index()];
        for node in &record.files {
            let entry = ground.tree.entry(*node);
            let is_documentation = debris::is_documentation_directory(entry);
            if entry.is_directory()
                && entry.children().next().is_none()
                && !is_documentation
                && !closure.stays(*node)
            {
                closure.keep(
                    entry,
                    Grade::Member,
                    crate::plan::Reason::Package { package: record.name.clone() },
                );
            }
        }
    }
}
