//! Software that has no place in a hardened image: package managers and shells, known by what they do.

use std::collections::BTreeSet;

use casehard_harden::{Level, plan::Reason};
use casehard_image::Entry;
use casehard_inventory::PackageId;
use casehard_oci::RootPath;

use super::{Ground, Side, make, some};
use crate::{Check, Status, contents::DATABASES};

/// Paths, and what each is beside that.
type Found = Vec<(RootPath, Option<&'static str>)>;

pub(super) fn package_manager(ground: Ground<'_>) -> Check {
    judge("package-manager", ground, installers)
}

pub(super) fn shell(ground: Ground<'_>) -> Check {
    judge("shell", ground, shells)
}

/// Programs, or modules of languages, that install packages.
///
/// That is code which names the database of packages: of a distribution when it is machine code (itself or through a
/// library that it is linked with), belongs to no package, or belongs to the package that the database is of; of a
/// language in any case. A maintainer's script that looks something up in the database is none.
fn installers(side: Side<'_>) -> Found {
    let loader = side.inventory.loader(side.image, side.tree);
    let databases = |entry: Entry<'_>| side.contents.of(entry).map_or(&[][..], |traits| &traits.databases);
    let keepers: BTreeSet<PackageId> = DATABASES
        .iter()
        .filter_map(|database| side.tree.get(&RootPath::root().join_as_kernel(database.directory?)))
        .flat_map(|directory| side.inventory.owners(directory))
        .collect();
    let mut shown: BTreeSet<PackageId> = BTreeSet::new();
    let mut found = Vec::new();
    for entry in side.tree.walk().filter(|entry| entry.is_file()) {
        let named = databases(entry);
        let language = named.iter().map(|at| &DATABASES[*at]).find(|database| database.directory.is_none());
        if let Some(language) = language {
            // One module of a package of a language stands for all of it.
            let owner = side.inventory.owners(entry).next();
            if owner.is_none_or(|owner| shown.insert(owner)) {
                found.push((entry.path(), Some(language.of)));
            }
            continue;
        }
        let is_executable = entry.mode() & 0o111 != 0;
        let installs = match side.inventory.elf(entry) {
            Some(elf) if elf.is_program() => {
                let linked = loader.closure(entry).into_iter().filter_map(|link| link.found);
                let all =
                    named.iter().copied().chain(linked.flat_map(|library| databases(library.entry).to_vec()));
                all.min()
            }
            Some(_) => None,
            None => {
                let mut owners = side.inventory.owners(entry).peekable();
                let is_its = owners.peek().is_none() || owners.any(|owner| keepers.contains(&owner));
                named.first().copied().filter(|_| is_its)
            }
        };
        if let Some(database) = installs.filter(|_| is_executable) {
            found.push((entry.path(), Some(DATABASES[database].of)));
        }
    }
    found
}

/// Programs that are shells: those with the built-in commands of one, and those that `/etc/shells` lists (`shells(5)`).
fn shells(side: Side<'_>) -> Found {
    let list = side.inventory.text(side.tree, &RootPath::root().join_as_kernel(b"etc/shells"));
    let listed: BTreeSet<_> = list
        .unwrap_or_default()
        .split(|byte| *byte == b'\n')
        .filter(|line| line.starts_with(b"/"))
        .filter_map(|line| side.tree.resolve(&RootPath::root().join_as_kernel(line.trim_ascii())).entry)
        .map(Entry::id)
        .collect();
    let is_shell = |entry: Entry<'_>| {
        let is_program = entry.is_file() && entry.mode() & 0o111 != 0;
        is_program
            && (listed.contains(&entry.id()) || side.contents.of(entry).is_some_and(|traits| traits.is_shell))
    };
    super::find(side, is_shell).into_iter().map(|path| (path, None)).collect()
}

fn judge(name: &str, ground: Ground<'_>, look: fn(Side<'_>) -> Found) -> Check {
    let shown = |found: &Found| {
        let text = |(path, of): &(RootPath, Option<&str>)| match of {
            Some(of) => format!("{path} ({of})"),
            None => path.to_string(),
        };
        some(&found.iter().map(text).collect::<Vec<_>>())
    };
    let before = shown(&look(ground.original));
    let found = look(ground.hardened);
    if found.is_empty() {
        return make(name, Status::Pass, "none", before);
    }
    let Some(plan) = ground.plan else { return make(name, Status::Fail, shown(&found), before) };
    if plan.level == Level::Tidy {
        let evidence = format!("{}; level tidy removes no software", shown(&found));
        return make(name, Status::Warn, evidence, before);
    }
    let why = |path: &RootPath| {
        plan.keep.get(path)?.iter().find_map(|reason| match reason {
            Reason::Used { .. } | Reason::Needed { .. } | Reason::Repair { .. } => {
                Some(format!("the application uses {path}"))
            }
            Reason::Asked { .. } => Some(format!("keep: asks for {path}")),
            Reason::Package { package } => {
                Some(format!("{path} is of package {package}, which is used and stays whole at this level"))
            }
            _ => None,
        })
    };
    let reasons: Vec<Option<String>> = found.iter().map(|(path, _)| why(path)).collect();
    match (reasons.iter().flatten().next(), reasons.iter().all(Option::is_some)) {
        (Some(reason), true) => make(name, Status::Warn, format!("{}; {reason}", shown(&found)), before),
        _ => make(name, Status::Fail, shown(&found), before),
    }
}
