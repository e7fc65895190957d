//! The hardening proofs: what the result must show by itself, whatever the plan says.

use std::collections::BTreeSet;

use casehard_harden::{
    Level, Plan,
    plan::{Fate, Reason},
    runtime::Runtime,
};
use casehard_image::{Entry, Image, Tree};
use casehard_inventory::Inventory;
use casehard_oci::RootPath;

use crate::{Check, Status};

/// One of the two images.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub image: &'a Image,
    pub tree: &'a Tree,
    pub inventory: &'a Inventory,
}

/// Every proof that needs no running container, in the order of a report.
pub(crate) fn check(
    original: Side<'_>,
    hardened: Side<'_>,
    runtime: &Runtime,
    plan: Option<&Plan>,
) -> Vec<Check> {
    let mut checks = vec![
        non_root(original, hardened),
        healthcheck(original, hardened),
        setuid(original, hardened),
        package_manager(original, hardened, plan),
        shell(original, hardened, plan),
        base(original, hardened),
        read_only_root(runtime),
        writable_paths(runtime),
        capabilities(runtime),
        seccomp(runtime),
        elf(original, hardened),
        world_writable(original, hardened),
    ];
    if let Some(plan) = plan {
        checks.push(exact(original, hardened, plan));
        checks.push(packages(hardened, plan));
    }
    checks
}

fn make(name: &str, status: Status, evidence: impl Into<String>, before: impl Into<String>) -> Check {
    Check { name: name.to_owned(), status, evidence: evidence.into(), before: before.into() }
}

/// A few paths of a list, and how many more there are.
fn some(paths: &[RootPath]) -> String {
    if paths.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<String> = paths.iter().take(4).map(ToString::to_string).collect();
    let more = paths.len().saturating_sub(4);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn non_root(original: Side<'_>, hardened: Side<'_>) -> Check {
    let user = &hardened.image.config().config.user;
    let uid = user.split(':').next().and_then(|uid| uid.parse::<u32>().ok());
    let before = &original.image.config().config.user;
    let before =
        if before.is_empty() { "root (no user is set)".to_owned() } else { format!("user {before}") };
    match uid {
        Some(0) => make("non-root-user", Status::Fail, "it runs as root", before),
        Some(_) => make(
            "non-root-user",
            Status::Pass,
            format!("config.User is {user}, and every step ran so"),
            before,
        ),
        None => make("non-root-user", Status::Fail, format!("config.User {user:?} is no number"), before),
    }
}

fn healthcheck(original: Side<'_>, hardened: Side<'_>) -> Check {
    let of = |side: Side<'_>| {
        let check = side.image.config().config.healthcheck.clone();
        let check = check
            .filter(|check| !check.test.is_empty() && check.test.first().is_some_and(|word| word != "NONE"));
        check.map(|check| check.test.join(" "))
    };
    let before = of(original).unwrap_or_else(|| "none".to_owned());
    match of(hardened) {
        Some(test) => make("healthcheck", Status::Pass, test, before),
        None => make(
            "healthcheck",
            Status::Warn,
            "the image has none; an orchestrator's own probe does as well",
            before,
        ),
    }
}

fn find(side: Side<'_>, wanted: impl Fn(Entry<'_>) -> bool) -> Vec<RootPath> {
    side.tree.walk().filter(|entry| wanted(*entry)).map(Entry::path).collect()
}

fn setuid(original: Side<'_>, hardened: Side<'_>) -> Check {
    let privileged = |entry: Entry<'_>| {
        entry.is_file()
            && (entry.mode() & 0o6000 != 0 || entry.xattrs().contains_key(&b"security.capability"[..]))
    };
    let before = some(&find(original, privileged));
    let after = find(hardened, privileged);
    let status = if after.is_empty() { Status::Pass } else { Status::Fail };
    make("setuid-files", status, some(&after), before)
}

/// Whether a path is a program of this name where programs are looked for.
fn is_program(entry: Entry<'_>, names: &[&str]) -> bool {
    if entry.is_directory() || !names.iter().any(|name| entry.name() == name.as_bytes()) {
        return false;
    }
    entry.parent().is_some_and(|parent| matches!(parent.name(), b"bin" | b"sbin"))
}

/// Programs that install software.
const PACKAGE_MANAGERS: &[&str] = &[
    "apt", "apt-get", "dpkg", "apk", "rpm", "dnf", "microdnf", "yum", "tdnf", "zypper", "pacman", "opkg",
    "pip", "pip3", "npm", "npx", "yarn", "pnpm", "corepack", "gem", "bundle", "composer", "cpan", "conda",
    "mamba",
];

fn package_manager(original: Side<'_>, hardened: Side<'_>, plan: Option<&Plan>) -> Check {
    programs("package-manager", PACKAGE_MANAGERS, original, hardened, plan)
}

/// Command interpreters of the POSIX kind.
const SHELLS: &[&str] =
    &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "rbash", "busybox"];

fn shell(original: Side<'_>, hardened: Side<'_>, plan: Option<&Plan>) -> Check {
    programs("shell", SHELLS, original, hardened, plan)
}

fn programs(
    name: &str,
    names: &[&str],
    original: Side<'_>,
    hardened: Side<'_>,
    plan: Option<&Plan>,
) -> Check {
    let before = some(&find(original, |entry| is_program(entry, names)));
    let after = find(hardened, |entry| is_program(entry, names));
    if after.is_empty() {
        return make(name, Status::Pass, "none", before);
    }
    let used = |path: &&RootPath| {
        let reasons = plan.and_then(|plan| plan.keep.get(*path));
        reasons.is_some_and(|reasons| {
            reasons.iter().any(|reason| {
                matches!(reason, Reason::Used { .. } | Reason::Needed { .. } | Reason::Repair { .. })
            })
        })
    };
    if plan.is_some_and(|plan| plan.level == Level::Tidy) {
        return make(name, Status::Warn, format!("{}; level tidy removes no software", some(&after)), before);
    }
    match after.iter().find(used) {
        Some(path) => {
            make(name, Status::Warn, format!("{}; the application uses {path}", some(&after)), before)
        }
        None => make(name, Status::Fail, some(&after), before),
    }
}

fn base(original: Side<'_>, hardened: Side<'_>) -> Check {
    let digest = |side: Side<'_>| {
        side.image.manifest().annotations.get("org.opencontainers.image.base.digest").cloned()
    };
    let before = digest(original).unwrap_or_else(|| "no base is named".to_owned());
    match digest(hardened) {
        Some(digest) => make("base-pinned", Status::Pass, format!("made from {digest}"), before),
        None => make("base-pinned", Status::Fail, "the manifest does not name what it was made from", before),
    }
}

fn read_only_root(runtime: &Runtime) -> Check {
    if runtime.read_only {
        make("read-only-root", Status::Pass, "every step ran with a read-only root", "writable")
    } else {
        make("read-only-root", Status::Warn, "it does not work with a read-only root", "writable")
    }
}

fn writable_paths(runtime: &Runtime) -> Check {
    let places: Vec<RootPath> = runtime.writable.keys().cloned().collect();
    let is_wide =
        |path: &RootPath| path.components().count() <= 1 && !matches!(path.as_bytes(), b"tmp" | b"run");
    let status = if places.iter().any(is_wide) { Status::Warn } else { Status::Pass };
    make("writable-paths", status, some(&places), "everything")
}

fn capabilities(runtime: &Runtime) -> Check {
    let kept: Vec<&str> = runtime.capabilities.keys().map(String::as_str).collect();
    if kept.is_empty() {
        make("capabilities", Status::Pass, "every step ran with none", "the 14 of a container by default")
    } else {
        make("capabilities", Status::Warn, kept.join(", "), "the 14 of a container by default")
    }
}

fn seccomp(runtime: &Runtime) -> Check {
    let profile_calls = casehard_harden::runtime::allowed(&runtime.syscalls).len();
    let evidence = format!(
        "every step ran under a profile that allows {profile_calls} system calls ({} were seen)",
        runtime.syscalls.len()
    );
    let status = if runtime.syscalls.is_empty() { Status::Warn } else { Status::Pass };
    make("seccomp", status, evidence, "the runtime's default profile")
}

/// Each remaining ELF file finds what the loader would look for; what the original lacks already is no loss.
fn elf(original: Side<'_>, hardened: Side<'_>) -> Check {
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

fn world_writable(original: Side<'_>, hardened: Side<'_>) -> Check {
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
fn exact(original: Side<'_>, hardened: Side<'_>, plan: &Plan) -> Check {
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
fn packages(hardened: Side<'_>, plan: &Plan) -> Check {
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
