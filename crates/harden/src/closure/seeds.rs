//! What the closure starts from: what the profile saw, what the configuration names, what somebody asked for.

use casehard_image::{Entry, NodeId};
use casehard_oci::RootPath;
use casehard_profile::{Access, PathUse};

use super::{Closure, Grade, python, ruby};
use crate::{Level, content::is_place, debris, plan::Reason};

pub(super) fn sow(closure: &mut Closure<'_>) {
    used(closure);
    configuration(closure);
    basics(closure);
    asked(closure);
    application(closure);
    if closure.ground.policy.level == Level::Tidy {
        everything(closure);
    }
}

/// What the profile saw. A directory that was listed keeps its entries, unless the lister only searched it.
fn used(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    for (path, used) in &ground.profile.paths {
        if used.access.contains(&Access::Created) {
            made_in(closure, path, used);
        }
        // What the image has was there at the start, even if it was removed and made anew later.
        if !used.access.iter().any(|access| access.needs_presence()) {
            continue;
        }
        let Some(entry) = ground.tree.get(path) else {
            // The profile is of a build whose paths differ by a link; what it leads to is what was used.
            if let Some(entry) = ground.tree.resolve(path).entry {
                keep_used(closure, entry, used);
            }
            continue;
        };
        if ruby::only_searched(closure, entry, used) {
            continue;
        }
        keep_used(closure, entry, used);
        if used.access.contains(&Access::Listed)
            && entry.is_directory()
            && !python::only_searched(closure, entry, used)
        {
            for child in entry.children() {
                if debris::class(child).is_none() {
                    let grade = if is_place(ground.tree, child) { Grade::Member } else { Grade::Active };
                    closure.keep(child, grade, Reason::ListedIn { directory: path.clone() });
                }
            }
        }
    }
}

/// Making something takes the directory it is made in.
fn made_in(closure: &mut Closure<'_>, path: &RootPath, used: &PathUse) {
    let tree = closure.ground.tree;
    if let Some(directory) =
        path.ancestors().find_map(|above| tree.resolve(&above).entry).filter(|above| above.is_directory())
    {
        let access = std::collections::BTreeSet::from([Access::Found, Access::Written]);
        keep_used(
            closure,
            directory,
            &PathUse { access, programs: used.programs.clone(), phases: used.phases.clone() },
        );
    }
}

fn keep_used<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, used: &PathUse) {
    let grade = if is_place(closure.ground.tree, entry) { Grade::Member } else { Grade::Active };
    let reason = Reason::Used {
        access: used.access.clone(),
        programs: used.programs.iter().take(4).cloned().collect(),
        phases: used.phases.iter().take(6).cloned().collect(),
    };
    // What was only written is debris still: a log does not belong in an image because it was appended to.
    let has = |access| used.access.contains(&access);
    let only_written = (has(Access::Written) || has(Access::Removed))
        && used
            .access
            .iter()
            .all(|access| matches!(access, Access::Written | Access::Found | Access::Removed));
    if only_written && debris::class(entry).is_some() {
        return;
    }
    for link in closure.ground.tree.resolve(&entry.path()).links {
        closure.keep(link, grade, reason.clone());
    }
    closure.keep(entry, grade, reason);
}

/// What the image's configuration names: its command, working directory, volumes.
fn configuration(closure: &mut Closure<'_>) {
    let config = &closure.ground.config.config;
    let named = |field: &str| Reason::Configuration { field: field.to_owned() };
    if !config.working_dir.is_empty() {
        let path = RootPath::root().join_as_kernel(config.working_dir.as_bytes());
        closure.keep_path(&path, Grade::Member, &named("config.WorkingDir"));
    }
    for volume in config.volumes.keys() {
        let path = RootPath::root().join_as_kernel(volume.as_bytes());
        closure.keep_path(&path, Grade::Member, &named("config.Volumes"));
    }
    let argv = config.argv();
    let healthcheck = config.healthcheck.iter().flat_map(|check| check.test.iter());
    for (word, field) in argv
        .iter()
        .take(1)
        .map(|word| (word, "config.Entrypoint"))
        .chain(healthcheck.skip(1).take(1).map(|word| (word, "config.Healthcheck")))
    {
        if let Some(path) = closure.look_up(word.as_bytes()) {
            closure.keep_path(&path, Grade::Active, &named(field));
        }
    }
    // Arguments that are paths of the image: a script, a configuration file.
    for word in argv.iter().skip(1).filter(|word| word.starts_with('/')) {
        if let Ok(path) = RootPath::parse(word.as_bytes()) {
            closure.keep_path(&path, Grade::Active, &named("config.Cmd"));
        }
    }
}

/// Places every container has, and the files that say who and what the system is.
const BASICS: &[(&str, &str)] = &[
    ("/bin", "the usr-merge links"),
    ("/sbin", "the usr-merge links"),
    ("/lib", "the usr-merge links"),
    ("/lib64", "the usr-merge links"),
    ("/lib32", "the usr-merge links"),
    ("/libx32", "the usr-merge links"),
    ("/dev", "a place that runtimes mount on"),
    ("/proc", "a place that runtimes mount on"),
    ("/sys", "a place that runtimes mount on"),
    ("/etc", "a place that runtimes mount files in"),
    ("/etc/hosts", "a file that runtimes mount on"),
    ("/etc/hostname", "a file that runtimes mount on"),
    ("/etc/resolv.conf", "a file that runtimes mount on"),
    ("/etc/mtab", "the list of mounts"),
    ("/tmp", "temporary files"),
    ("/var/tmp", "temporary files"),
    ("/run", "run-time state"),
    ("/var/run", "run-time state"),
    ("/var/lock", "run-time state"),
    ("/etc/passwd", "the list of users"),
    ("/etc/group", "the list of groups"),
    ("/etc/nsswitch.conf", "name look-up"),
    ("/etc/host.conf", "name look-up"),
    ("/etc/os-release", "the name of the distribution, which scanners need"),
    ("/usr/lib/os-release", "the name of the distribution, which scanners need"),
    ("/etc/debian_version", "the name of the distribution, which scanners need"),
    ("/etc/alpine-release", "the name of the distribution, which scanners need"),
    ("/etc/redhat-release", "the name of the distribution, which scanners need"),
];

fn basics(closure: &mut Closure<'_>) {
    for (path, what) in BASICS {
        let Ok(path) = RootPath::parse(path.as_bytes()) else { continue };
        let reason = Reason::Basic { what: (*what).to_owned() };
        if let Some(entry) = closure.ground.tree.get(&path) {
            closure.keep(entry, Grade::Member, reason.clone());
        }
        closure.keep_path(&path, Grade::Member, &reason);
    }
}

/// What the policy's `keep:` names, and what a repair put back.
fn asked(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    for (path, step) in &ground.policy.repairs {
        let reason = Reason::Repair { step: step.clone() };
        if let Some(entry) = ground.tree.get(path) {
            closure.keep(entry, Grade::Active, reason.clone());
        }
        closure.keep_path(path, Grade::Active, &reason);
    }
    if ground.policy.keep.is_empty() {
        return;
    }
    for entry in ground.tree.walk() {
        if let Some(by) = ground.policy.keeps(entry, ground.tree, ground.tools) {
            let grade = if is_place(ground.tree, entry) { Grade::Member } else { Grade::Active };
            closure.keep(entry, grade, Reason::Asked { by });
        }
    }
    for (package, by) in ground.policy.keeps_packages(ground.inventory) {
        for node in &ground.inventory.packages[package.index()].files {
            let entry = ground.tree.entry(*node);
            let grade = if is_place(ground.tree, entry) { Grade::Member } else { Grade::Active };
            closure.keep(entry, grade, Reason::Asked { by: by.clone() });
        }
    }
}

/// Files of no package that stand beside used files of no package, outside the places that packages share, are the
/// application: what somebody put into the image on purpose.
fn application(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let mut units: Vec<NodeId> = Vec::new();
    for node in closure.nodes() {
        let entry = ground.tree.entry(node);
        if is_place(ground.tree, entry)
            || closure.grade(node) != Some(Grade::Active)
            || !ground.owners(node).is_empty()
        {
            continue;
        }
        if let Some(unit) = unit(ground.tree.get(&entry.path())) {
            units.push(unit.id());
        }
    }
    units.sort_unstable();
    units.dedup();
    for unit in units {
        let unit = ground.tree.entry(unit);
        let directory = unit.path();
        for entry in unit.below() {
            if ground.owners(entry.id()).is_empty() && debris::class(entry).is_none() {
                closure.keep(entry, Grade::Member, Reason::Application { directory: directory.clone() });
            }
        }
        // Another name of the application: `current` beside `releases`.
        for link in unit.parent().into_iter().flat_map(Entry::children).filter(|entry| entry.is_symlink()) {
            let leads_in = ground
                .tree
                .resolve(&link.path())
                .entry
                .is_some_and(|found| found.path().starts_with(&directory));
            if leads_in && ground.owners(link.id()).is_empty() {
                closure.keep(link, Grade::Member, Reason::Application { directory: directory.clone() });
            }
        }
    }
}

/// The directory of the application that a file of no package belongs to: the top-most one that is no place of the
/// file system hierarchy (FHS 3.0), which packages share.
fn unit(entry: Option<Entry<'_>>) -> Option<Entry<'_>> {
    let mut chain: Vec<Entry<'_>> = std::iter::successors(entry?.parent(), |entry| entry.parent()).collect();
    chain.reverse();
    let path = chain.last()?.path();
    let components: Vec<&[u8]> = path.components().collect();
    let depth = match components.as_slice() {
        [b"usr", b"local", b"lib" | b"share" | b"libexec", _, ..] => return None,
        [
            b"usr" | b"bin" | b"sbin" | b"lib" | b"lib64" | b"etc" | b"dev" | b"proc" | b"sys" | b"run"
            | b"tmp" | b"boot",
            ..,
        ]
        | [b"var"]
        | [] => return None,
        [b"var", b"www", ..] => 2,
        [b"var", b"lib" | b"opt", _, ..] => 3,
        [b"var", ..] => return None,
        [b"home" | b"opt" | b"srv" | b"mnt", _, ..] => 2,
        [b"home" | b"opt" | b"srv" | b"mnt"] => return None,
        [b"root", b".local", ..] => return None,
        [_, ..] => 1,
    };
    // The first of the chain is the root.
    chain.get(depth).copied()
}

fn everything(closure: &mut Closure<'_>) {
    for entry in closure.ground.tree.walk() {
        if debris::class(entry).is_none() {
            closure.keep(entry, Grade::Member, Reason::Level);
        }
    }
}
