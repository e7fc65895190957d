//! Level `file`: a program beside one that ran, of the same package: people who use one use the other.

use std::collections::{BTreeMap, BTreeSet};

use casehard_image::{Entry, NodeId};
use casehard_inventory::PackageId;
use casehard_oci::RootPath;
use casehard_profile::Access;

use super::{Closure, Grade, elf};
use crate::plan::Rule;

/// A sibling stays when it needs no library and no interpreter that does not stay already or that its package declares to need. The packages
/// that every system has are sets of many tools; one of them is used alone, and who uses more than one (a shell's
/// commands, as a rule) uses them as a set.
pub(super) fn keep(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    for ((package, directory), ran) in programs_that_ran(closure) {
        let record = ground.inventory.package(package);
        let is_of_every_system = record.essential
            || matches!(record.priority.as_deref(), Some("required" | "important" | "standard"));
        if is_of_every_system && ran.len() < 2 {
            continue;
        }
        for node in &record.files {
            let entry = ground.tree.entry(*node);
            let fits = |entry| {
                if is_of_every_system {
                    elf::needs_nothing_new(closure, entry)
                } else if ground.inventory.script(entry).is_some() {
                    interpreter_may_come(closure, entry)
                } else {
                    elf::needs_nothing_undeclared(closure, entry)
                }
            };
            let is_beside = entry.parent().is_some_and(|parent| parent.id() == directory);
            if is_beside
                && entry.is_file()
                && entry.mode() & 0o6000 == 0
                && ground.tools.kind(*node).is_none()
                && !closure.stays(*node)
                && fits(entry)
            {
                closure.need(entry, Grade::Member, ground.tree.entry(directory), Rule::ProgramSibling);
            }
        }
    }
}

/// By package and directory: the programs that were started, by the kernel or by an interpreter that read them.
fn programs_that_ran(closure: &Closure<'_>) -> BTreeMap<(PackageId, NodeId), BTreeSet<NodeId>> {
    let ground = closure.ground;
    let started = ground.profile.programs.keys();
    let read = ground.profile.paths.iter().filter(|(_, used)| used.access.contains(&Access::Read));
    let mut found: BTreeMap<_, BTreeSet<NodeId>> = BTreeMap::new();
    let mut note = |program: Entry<'_>| {
        let Some(directory) = program.parent() else { return };
        if holds_programs(closure, directory) {
            for package in ground.owners(program.id()) {
                found.entry((package, directory.id())).or_default().insert(program.id());
            }
        }
    };
    started.filter_map(|path| ground.tree.resolve(path).entry).for_each(&mut note);
    read.filter_map(|(path, _)| ground.tree.get(path))
        .filter(|entry| is_script(closure, *entry))
        .for_each(&mut note);
    found
}

/// Whether a directory is one of programs: it is called so, or there are several and nothing else in it.
fn holds_programs(closure: &Closure<'_>, directory: Entry<'_>) -> bool {
    if matches!(directory.name(), b"bin" | b"sbin") {
        return true;
    }
    let is_program = |entry: Entry<'_>| {
        let program = closure.ground.tree.resolve(&entry.path()).entry;
        program.is_some_and(|program| {
            is_script(closure, program)
                || closure.ground.inventory.elf(program).is_some_and(casehard_inventory::elf::Elf::is_program)
        })
    };
    directory.children().nth(1).is_some() && directory.children().all(is_program)
}

fn is_script(closure: &Closure<'_>, entry: Entry<'_>) -> bool {
    entry.is_file() && entry.mode() & 0o111 != 0 && closure.ground.inventory.script(entry).is_some()
}

/// Whether a script's interpreter stays already, or is one that the script's package declares to need.
fn interpreter_may_come(closure: &Closure<'_>, entry: Entry<'_>) -> bool {
    let ground = closure.ground;
    let Some(script) = ground.inventory.script(entry).filter(|_| is_script(closure, entry)) else {
        return false;
    };
    let mut wanted = vec![RootPath::root().join_as_kernel(&script.interpreter)];
    wanted.extend(script.by_env().and_then(|name| closure.look_up(name)));
    wanted.iter().all(|path| {
        let interpreter = ground.tree.resolve(path).entry;
        interpreter.is_some_and(|found| closure.stays(found.id()) || ground.may_bring(entry, found))
    })
}
