//! What the files of the result show.

use std::collections::BTreeSet;

use casehard_harden::{Plan, plan::Fate};
use casehard_image::Entry;
use casehard_oci::RootPath;

use super::{Side, find, make, some};
use crate::{Check, Status};

pub(super) fn setuid(original: Side<'_>, hardened: Side<'_>) -> Check {
    let privileged = |entry: Entry<'_>| {
        entry.is_file()
            && (entry.mode() & 0o6000 != 0 || entry.xattrs().contains_key(&b"security.capability"[..]))
    };
    let before = some(&find(original, privileged));
    let after = find(hardened, privileged);
    let status = if after.is_empty() { Status::Pass } else { Status::Fail };
    make("setuid-files", status, some(&after), before)
}

/// Each remaining ELF file finds what the loader would look for; what the original lacks already is no loss.
pub(super) fn elf(original: Side<'_>, hardened: Side<'_>) -> Check {
    let missing = |side: Side<'_>| -> BTreeSet<(RootPath, Vec<u8>)> {
        let loader = side.inventory.loader(side.image, side.tree);
        let files = side.tree.walk().filter(|entry| side.inventory.elf(*entry).is_some());
        files
            .flat_map(|entry| {
                let elf = side.inventory.elf(entry);
                let links = match elf {
                    Some(elf) if !elf.is_program() => {
                        elf.needed.iter().map(|name| loader.open(name, entry, None)).collect()
                    }
                    _ => loader.closure(entry),
                };
                links
                    .into_iter()
                    .filter(|link| link.found.is_none())
                    .map(move |link| (entry.path(), link.name.to_vec()))
            })
            .collect()
    };
    let (before, after) = (missing(original), missing(hardened));
    let lost: Vec<&(RootPath, Vec<u8>)> = after.difference(&before).collect();
    let before = format!("{} unresolved", before.len());
    let Some((path, name)) = lost.first() else {
        return make("elf-files-resolve", Status::Pass, "each finds its interpreter and libraries", before);
    };
    let name = casehard_oci::escape(name).into_owned();
    make(
        "elf-files-resolve",
        Status::Fail,
        format!("{} do not, such as {path}, which needs {name}", lost.len()),
        before,
    )
}

pub(super) fn world_writable(original: Side<'_>, hardened: Side<'_>) -> Check {
    let open = |entry: Entry<'_>| {
        !entry.is_symlink()
            && entry.mode() & 0o002 != 0
            && !(entry.is_directory() && entry.mode() & 0o1000 != 0)
    };
    let before = find(original, open);
    let after = find(hardened, open);
    let known: BTreeSet<&RootPath> = before.iter().collect();
    let new: Vec<RootPath> = after.iter().filter(|path| !known.contains(path)).cloned().collect();
    let status = match (new.is_empty(), after.is_empty()) {
        (true, true) => Status::Pass,
        (true, false) => Status::Warn,
        (false, _) => Status::Fail,
    };
    make("world-writable-paths", status, some(&after), some(&before))
}

/// The result is what the plan lists: nothing made while profiling is in it, nothing lost its owner, mode, times,
/// attributes or other names on the way.
pub(super) fn exact(original: Side<'_>, hardened: Side<'_>, plan: &Plan) -> Check {
    let mut wrong: Vec<RootPath> = Vec::new();
    for entry in hardened.tree.walk() {
        let path = entry.path();
        if plan.additions.contains_key(&path) {
            continue;
        }
        let same = original.tree.get(&path).is_some_and(|before| {
            let change = plan.changes.get(&path);
            let mode = change.and_then(|change| change.mode).unwrap_or_else(|| before.mode());
            let uid = change.and_then(|change| change.uid).unwrap_or_else(|| before.uid());
            let gid = change.and_then(|change| change.gid).unwrap_or_else(|| before.gid());
            let xattrs =
                change.is_some_and(|change| change.drop_capabilities) || before.xattrs() == entry.xattrs();
            before.kind() == entry.kind()
                && before.size() == entry.size()
                && before.mtime() == entry.mtime()
                && (mode, uid, gid) == (entry.mode(), entry.uid(), entry.gid())
                && xattrs
        });
        // A directory above an addition is part of it.
        let holds_addition =
            || entry.is_directory() && plan.additions.keys().any(|added| added.starts_with(&path));
        if (!same || !plan.keep.contains_key(&path)) && !holds_addition() {
            wrong.push(path);
        }
    }
    let lost = plan.keep.keys().chain(plan.additions.keys()).filter(|path| hardened.tree.get(path).is_none());
    wrong.extend(lost.cloned());
    if wrong.is_empty() {
        make(
            "exact",
            Status::Pass,
            format!("{} paths are as they were or as the plan says", hardened.tree.len()),
            "",
        )
    } else {
        make(
            "exact",
            Status::Fail,
            format!("{} paths are not as the plan says: {}", wrong.len(), some(&wrong)),
            "",
        )
    }
}

/// A scanner sees each package of which a file is left.
pub(super) fn packages(hardened: Side<'_>, plan: &Plan) -> Check {
    let seen: BTreeSet<(&str, String)> = hardened
        .inventory
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package.ecosystem.to_string()))
        .collect();
    let left = plan.packages.iter().filter(|package| package.fate != Fate::Removed);
    let hidden: Vec<&str> = left
        .filter(|package| !seen.contains(&(package.name.as_str(), package.kind.clone())))
        .map(|package| package.name.as_str())
        .collect();
    let before = format!("{} packages", plan.packages.len());
    if hidden.is_empty() {
        make("packages-visible", Status::Pass, format!("{} packages, each one listed", seen.len()), before)
    } else {
        let shown = hidden.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        make("packages-visible", Status::Fail, format!("{} are not listed: {shown}", hidden.len()), before)
    }
}
