//! ELF files: interpreter and libraries, found as the loader finds them (`ld.so(8)`).

use std::collections::{BTreeMap, BTreeSet};

use casehard_image::{Entry, NodeId};
use casehard_inventory::elf::{Elf, Link, Loader};
use casehard_oci::RootPath;

use super::{Closure, Grade, Ground};
use crate::{Level, plan::Rule};

/// What is known about ELF files between two looks.
pub(super) struct Memory<'a> {
    loader: Loader<'a>,
    loader_configuration: bool,
    /// What each file needs, once looked up.
    needs: BTreeMap<NodeId, Vec<Link<'a>>>,
}

impl<'a> Memory<'a> {
    pub(super) fn of(ground: Ground<'a>) -> Self {
        let loader = ground.inventory.loader(ground.image, ground.tree);
        Self { loader, loader_configuration: false, needs: BTreeMap::new() }
    }
}

fn elf_of<'a>(closure: &Closure<'a>, entry: Entry<'a>) -> Option<&'a Elf> {
    closure.ground.inventory.elf(entry)
}

pub(super) fn is_elf(closure: &Closure<'_>, entry: Entry<'_>) -> bool {
    closure.ground.inventory.elf(entry).is_some()
}

/// A shared object without an interpreter: something that is loaded, not started.
pub(super) fn is_library(closure: &Closure<'_>, entry: Entry<'_>) -> bool {
    closure.ground.inventory.elf(entry).is_some_and(|elf| !elf.is_program() && elf.is_dynamic)
}

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    let Some(elf) = elf_of(closure, entry) else { return };
    if let Some(interpreter) = &elf.interpreter {
        closure.need_path(&RootPath::root().join_as_kernel(interpreter), grade, entry, Rule::ElfInterpreter);
        loader_configuration(closure, entry);
    }
    // A program is asked as a whole: what its libraries find may depend on its own search path.
    let links = if elf.is_program() {
        closure.elf.loader.closure(entry)
    } else {
        elf.needed.iter().map(|name| closure.elf.loader.open(name, entry, None)).collect()
    };
    keep(closure, &links, grade, Rule::ElfNeeded);
    closure.elf.needs.insert(entry.id(), links);
    if grade == Grade::Active {
        let opened = elf.opens.iter().map(|name| closure.elf.loader.open(name, entry, None));
        let stated = elf.dlopen.iter().flat_map(|note| &note.sonames);
        let opened: Vec<_> =
            opened.chain(stated.map(|name| closure.elf.loader.open(name.as_bytes(), entry, None))).collect();
        // At level `file` a library that was not opened stays only when its package is declared to be needed.
        let ground = closure.ground;
        let may_stay = |link: &Link<'a>| {
            let found = link.found.as_ref().map(|loaded| loaded.entry);
            ground.policy.level != Level::File || found.is_some_and(|found| ground.may_bring(entry, found))
        };
        let opened: Vec<_> = opened.into_iter().filter(may_stay).collect();
        // What a package declares to need and its code opens by name may be opened in one run and not in the next (the C
        // library opens libgcc as a thread is cancelled): both runs keep the same.
        let is_declared = |link: &Link<'a>| {
            let found = link.found.as_ref().map(|loaded| loaded.entry);
            found.is_some_and(|found| !ground.owners(found.id()).is_empty() && ground.may_bring(entry, found))
        };
        let (declared, guessed): (Vec<_>, Vec<_>) =
            opened.into_iter().partition(|link| ground.policy.level == Level::Package && is_declared(link));
        keep(closure, &declared, Grade::Active, Rule::ElfDlopen);
        keep(closure, &guessed, Grade::Member, Rule::ElfDlopen);
    }
}

fn keep<'a>(closure: &mut Closure<'a>, links: &[Link<'a>], grade: Grade, rule: Rule) {
    for link in links {
        for loaded in link.found.iter().chain(&link.variants) {
            for step in &loaded.links {
                closure.need(*step, grade, link.needed_by, Rule::LinkOnTheWay);
            }
            closure.need(loaded.entry, grade, link.needed_by, rule);
        }
    }
}

/// The loader reads its cache and configuration at each start of a dynamic program.
fn loader_configuration<'a>(closure: &mut Closure<'a>, by: Entry<'a>) {
    if std::mem::replace(&mut closure.elf.loader_configuration, true) {
        return;
    }
    for path in [&b"etc/ld.so.cache"[..], b"etc/ld.so.conf", b"etc/ld.so.preload"] {
        closure.need_path(
            &RootPath::root().join_as_kernel(path),
            Grade::Member,
            by,
            Rule::LoaderConfiguration,
        );
    }
    let directory = RootPath::root().join_as_kernel(b"etc/ld.so.conf.d");
    for entry in closure.ground.tree.get(&directory).into_iter().flat_map(Entry::children) {
        closure.need(entry, Grade::Member, by, Rule::LoaderConfiguration);
    }
}

/// Whether every library that `entry` needs stays already: it costs nothing but itself.
pub(super) fn needs_nothing_new(closure: &Closure<'_>, entry: Entry<'_>) -> bool {
    let Some(elf) = elf_of(closure, closure.ground.tree.entry(entry.id())) else { return false };
    let entry = closure.ground.tree.entry(entry.id());
    elf.needed.iter().all(|name| {
        let link = closure.elf.loader.open(name, entry, None);
        link.found.is_some_and(|loaded| closure.stays(loaded.entry.id()))
    })
}

/// Whether each library that a file needs stays already, or is one that the file's package may bring: its own, or of
/// a package that it declares to need.
pub(super) fn needs_nothing_undeclared(closure: &Closure<'_>, entry: Entry<'_>) -> bool {
    let Some(elf) = elf_of(closure, closure.ground.tree.entry(entry.id())) else { return false };
    let entry = closure.ground.tree.entry(entry.id());
    elf.needed.iter().all(|name| {
        let link = closure.elf.loader.open(name, entry, None);
        link.found.is_some_and(|loaded| {
            closure.stays(loaded.entry.id()) || closure.ground.may_bring(entry, loaded.entry)
        })
    })
}

/// The directories that hold libraries which were loaded by another way than their name alone: plug-in directories.
pub(super) fn plugin_directories(closure: &Closure<'_>) -> BTreeSet<NodeId> {
    let ground = closure.ground;
    let linked: BTreeSet<NodeId> = closure
        .elf
        .needs
        .values()
        .flatten()
        .flat_map(|link| &link.found)
        .map(|loaded| loaded.entry.id())
        .collect();
    let active = closure.nodes().into_iter().filter(|node| closure.grade(*node) == Some(Grade::Active));
    active
        .map(|node| ground.tree.entry(node))
        .filter(|entry| is_library(closure, *entry) && !linked.contains(&entry.id()))
        .filter_map(Entry::parent)
        // A directory that the loader itself searches holds everybody's libraries.
        .filter(|directory| !directory.children().any(|entry| linked.contains(&entry.id())))
        .map(Entry::id)
        .collect()
}

/// The directories that the C library of used programs stands in, where it looks for its modules.
pub(super) fn searched_directories<'a>(closure: &Closure<'a>) -> Vec<Entry<'a>> {
    let libraries =
        closure.elf.needs.values().flatten().flat_map(|link| &link.found).map(|loaded| loaded.entry);
    let libc = libraries.filter(|library| library.name().starts_with(b"libc.so."));
    let found: BTreeSet<NodeId> = libc.filter_map(Entry::parent).map(Entry::id).collect();
    found.into_iter().map(|node| closure.ground.tree.entry(node)).collect()
}
