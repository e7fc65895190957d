//! What the kernel enforced while the workload ran: read from the running containers and tried in them.

use std::{collections::BTreeSet, io};

use casehard_engine::{Confinement, Process, Tried, WritableMount, capability_names};
use casehard_harden::runtime::WritableKind;
use casehard_oci::RootPath;

use super::{Ground, make, some};
use crate::{Check, Status};

pub(super) fn checks(ground: Ground<'_>) -> Vec<Check> {
    vec![
        non_root(ground),
        create_in_root(ground),
        no_new_privileges(ground),
        capabilities(ground),
        seccomp(ground),
        read_only_root(ground),
        writable_paths(ground),
    ]
}

type Seen<'a> = Result<&'a Confinement, String>;

fn seen(confinement: &Result<Confinement, String>) -> Seen<'_> {
    confinement.as_ref().map_err(|error| format!("the running container could not be looked at: {error}"))
}

fn after<'a>(ground: Ground<'a>) -> Seen<'a> {
    seen(&ground.hardened.run.confinement)
}

/// What the original showed, drawn from its own container.
fn before(ground: Ground<'_>, text: impl Fn(&Confinement) -> String) -> String {
    seen(&ground.original.run.confinement).map_or_else(|error| error, text)
}

/// `gunicorn (3)`, `nginx, redis-server`: names of processes, how many of each.
fn names<'a>(processes: impl Iterator<Item = &'a Process>) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for process in processes {
        let name = casehard_oci::escape(process.name.as_bytes()).into_owned();
        match counted.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counted.push((name, 1)),
        }
    }
    let shown: Vec<String> = counted
        .iter()
        .map(|(name, count)| if *count == 1 { name.clone() } else { format!("{name} ({count})") })
        .collect();
    some(&shown)
}

fn count(processes: &[Process]) -> String {
    if processes.len() == 1 {
        "the one process".to_owned()
    } else {
        format!("all {} processes", processes.len())
    }
}

fn users(found: &Confinement) -> String {
    let users: BTreeSet<u32> = found.processes.iter().flat_map(|process| process.users).collect();
    let users: Vec<String> = users.iter().map(ToString::to_string).collect();
    format!("uid {} ({})", users.join(", "), names(found.processes.iter()))
}

fn non_root(ground: Ground<'_>) -> Check {
    let name = "non-root-user";
    let configured = &ground.original.image.config().config.user;
    let configured =
        if configured.is_empty() { "no user is set".to_owned() } else { format!("user {configured}") };
    let before = before(ground, |found| format!("{configured}; its processes ran as {}", users(found)));
    let user = &ground.hardened.image.config().config.user;
    let Some(uid) = user.split(':').next().and_then(|uid| uid.parse::<u32>().ok()) else {
        return make(name, Status::Fail, format!("config.User {user:?} is no number"), before);
    };
    let found = match after(ground) {
        Ok(found) => found,
        Err(error) if uid != 0 => {
            return make(name, Status::Warn, format!("config.User is {user}; {error}"), before);
        }
        Err(error) => return make(name, Status::Fail, format!("it is to run as root; {error}"), before),
    };
    let roots: Vec<&Process> = found.processes.iter().filter(|process| process.users.contains(&0)).collect();
    let evidence = format!("config.User is {user}; its processes ran as {}", users(found));
    if roots.is_empty() && uid != 0 {
        return make(name, Status::Pass, evidence, before);
    }
    // What needs it was found by trying, and stands with the capabilities.
    let setting = ground.plan.into_iter().flat_map(|plan| &plan.settings);
    let setting = setting.filter(|setting| setting.field == "config.User").map(|setting| &setting.why);
    let needed = ground.runtime.capabilities.values().flatten();
    let reasons: BTreeSet<&String> = needed.chain(setting).collect();
    let reasons: Vec<&String> = reasons.into_iter().collect();
    let status = if ground.runtime.uid == 0 && !reasons.is_empty() { Status::Warn } else { Status::Fail };
    let why = if reasons.is_empty() { "nothing says why".to_owned() } else { some(&reasons) };
    make(name, status, format!("{} ran as root: {why}", names(roots.into_iter())), before)
}

fn attempt(tried: Tried) -> String {
    match tried {
        Tried::Worked => "works".to_owned(),
        Tried::Refused(error) => format!("is refused: {}", io::Error::from_raw_os_error(error)),
    }
}

fn create_in_root(ground: Ground<'_>) -> Check {
    let text = |found: &Confinement| format!("creating a file in / {}", attempt(found.create_in_root));
    let before = before(ground, text);
    match after(ground) {
        Ok(found) if matches!(found.create_in_root, Tried::Refused(_)) => {
            make("touch-root", Status::Pass, text(found), before)
        }
        // That its root must be writable was found by trying.
        Ok(found) if !ground.runtime.read_only => make("touch-root", Status::Warn, text(found), before),
        Ok(found) => make("touch-root", Status::Fail, text(found), before),
        Err(error) => make("touch-root", Status::Warn, error, before),
    }
}

fn no_new_privileges(ground: Ground<'_>) -> Check {
    let name = "no-new-privileges";
    let set =
        |found: &Confinement| found.processes.iter().filter(|process| process.no_new_privileges).count();
    let before = before(ground, |found| {
        let tried = attempt(found.become_root);
        format!("set for {} of {} processes; becoming root {tried}", set(found), found.processes.len())
    });
    match after(ground) {
        Ok(found) => {
            let tried = attempt(found.become_root);
            let lacking = names(found.processes.iter().filter(|process| !process.no_new_privileges));
            let may_be_root =
                ground.runtime.uid == 0 || ground.runtime.capabilities.contains_key("CAP_SETUID");
            if set(found) < found.processes.len() {
                make(name, Status::Fail, format!("not set for {lacking}; becoming root {tried}"), before)
            } else if found.become_root == Tried::Worked && !may_be_root {
                make(name, Status::Fail, format!("becoming root {tried}"), before)
            } else {
                let all = count(&found.processes);
                make(name, Status::Pass, format!("set for {all}; becoming root {tried}"), before)
            }
        }
        Err(error) => make(name, Status::Warn, error, before),
    }
}

fn capabilities(ground: Ground<'_>) -> Check {
    let name = "capabilities";
    let held = |found: &Confinement| {
        let all =
            found.processes.iter().flat_map(|process| process.capabilities).fold(0, |all, set| all | set);
        capability_names(all)
    };
    let before = before(ground, |found| {
        let effective = found.processes.iter().fold(0, |all, process| all | process.capabilities[2]);
        let names = capability_names(effective);
        if names.is_empty() {
            "none in effect".to_owned()
        } else {
            format!("{}: {}", names.len(), some(&names))
        }
    });
    let found = match after(ground) {
        Ok(found) => found,
        Err(error) => return make(name, Status::Warn, error, before),
    };
    let held = held(found);
    let granted = &ground.runtime.capabilities;
    let more: Vec<&String> = held.iter().filter(|name| !granted.contains_key(*name)).collect();
    if !more.is_empty() {
        return make(
            name,
            Status::Fail,
            format!("processes hold more than was granted: {}", some(&more)),
            before,
        );
    }
    if granted.is_empty() {
        let evidence = format!("all sets of {} are empty, the bounding set too", count(&found.processes));
        return make(name, Status::Pass, evidence, before);
    }
    let kept: Vec<String> = granted
        .iter()
        .map(|(name, operations)| format!("{name} ({})", some(&operations.iter().collect::<Vec<_>>())))
        .collect();
    make(name, Status::Warn, format!("the application needs {}", kept.join(", ")), before)
}

fn seccomp(ground: Ground<'_>) -> Check {
    let name = "seccomp";
    let calls = &ground.runtime.syscalls;
    let allowed = casehard_harden::runtime::allowed(calls, ground.runtime.seccomp).len();
    let before = "the runtime's default profile";
    let found = match after(ground) {
        Ok(found) => found,
        Err(error) => return make(name, Status::Warn, error, before),
    };
    let without = names(found.processes.iter().filter(|process| process.seccomp != 2));
    if without != "none" {
        let status = if ground.filtered { Status::Fail } else { Status::Warn };
        return make(name, status, format!("no filter was in force for {without}"), before);
    }
    let seen = if calls.is_empty() {
        String::new()
    } else {
        format!(", which allows {allowed} system calls ({} were seen)", calls.len())
    };
    make(name, Status::Pass, format!("a filter was in force for {}{seen}", count(&found.processes)), before)
}

/// What every container has: the kernel's own, and the files that runtimes put over those of the image.
fn is_of_the_runtime(path: &RootPath) -> bool {
    matches!(path.components().next(), Some(b"dev" | b"proc" | b"sys"))
        || matches!(path.as_bytes(), b"etc/hosts" | b"etc/hostname" | b"etc/resolv.conf")
}

fn read_only_root(ground: Ground<'_>) -> Check {
    let name = "read-only-root";
    let is_writable = |found: &Confinement| found.writable.iter().any(|mount| mount.path.is_root());
    let text = |found: &Confinement| {
        if is_writable(found) { "/ is mounted writable" } else { "/ is mounted read-only" }.to_owned()
    };
    let before = before(ground, text);
    match after(ground) {
        Ok(found) if !is_writable(found) => make(name, Status::Pass, text(found), before),
        Ok(_) if ground.runtime.read_only => {
            make(name, Status::Fail, "/ is mounted writable, though it was to be read-only", before)
        }
        Ok(_) => make(name, Status::Warn, "it does not work with a read-only root", before),
        Err(error) => make(name, Status::Warn, error, before),
    }
}

fn writable_paths(ground: Ground<'_>) -> Check {
    let name = "writable-paths";
    let is_wide =
        |path: &RootPath| path.components().count() <= 1 && !matches!(path.as_bytes(), b"tmp" | b"run");
    let found = match after(ground) {
        Ok(found) => found,
        Err(error) => return make(name, Status::Warn, error, "everything"),
    };
    let mounts = found.writable.iter().filter(|mount| !is_of_the_runtime(&mount.path));
    let mounts: Vec<_> = mounts.collect();
    // A volume always lets code run; memory need not.
    let meant = &ground.runtime.writable;
    let is_memory = |path: &RootPath| meant.get(path).is_some_and(|place| place.kind == WritableKind::Tmpfs);
    let runs_code = |mount: &WritableMount| mount.exec && is_memory(&mount.path);
    let exec = |mount: &WritableMount| if runs_code(mount) { ", code in it can be run" } else { "" };
    let shown: Vec<String> =
        mounts.iter().map(|mount| format!("{} ({}{})", mount.path, mount.kind, exec(mount))).collect();
    let more: Vec<&RootPath> = mounts
        .iter()
        .map(|mount| &mount.path)
        .filter(|path| !path.is_root() && !meant.contains_key(path))
        .collect();
    if !more.is_empty() {
        return make(name, Status::Fail, format!("not meant to be writable: {}", some(&more)), "everything");
    }
    let is_loose = mounts.iter().any(|mount| is_wide(&mount.path) || runs_code(mount));
    let status = if is_loose { Status::Warn } else { Status::Pass };
    make(name, status, some(&shown), "everything")
}
