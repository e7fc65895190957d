//! Commands that make, move and change files.

use casehard_oci::RootPath;

use super::{Known, Options, plain};
use crate::{
    root::{Kind, Node},
    script::shell::{Shell, Streams},
};

pub(super) const COMMANDS: &[Known] = &[
    plain("mkdir", mkdir),
    plain("rmdir", rmdir),
    plain("rm", rm),
    plain("unlink", rm),
    plain("mv", mv),
    plain("cp", cp),
    plain("ln", ln),
    plain("touch", touch),
    plain("install", install),
    plain("chmod", chmod),
    plain("chown", chown),
    plain("chgrp", chown_group),
    plain("mkfifo", mkfifo),
    plain("setcap", setcap),
];

/// The node a path leads to, links followed.
fn is_directory(shell: &Shell<'_, '_>, path: &RootPath) -> bool {
    shell.machine.root.is_directory(path)
}

/// Where something named `from` goes when it is put to `to`: into it, when that is a directory.
fn target(shell: &Shell<'_, '_>, from: &str, to: &RootPath, as_it_is: bool) -> RootPath {
    if as_it_is || !is_directory(shell, to) {
        return to.clone();
    }
    let name = from.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    to.child(name.as_bytes())
}

fn mkdir(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["m", "mode"]);
    let mode = options.value(&["m", "mode"]).and_then(|mode| changed_mode(0o777, mode, true));
    let mut status = 0;
    for operand in &options.operands {
        let path = shell.path(operand);
        let parents = options.has(&["p", "parents"]);
        if shell.machine.root.get(&path, true).is_some() || path.is_root() {
            status |= i32::from(!(parents && is_directory(shell, &path)));
            continue;
        }
        let has_parent = path.parent().is_some_and(|parent| is_directory(shell, &parent));
        let made = if has_parent || parents { shell.machine.root.make_directories(&path) } else { None };
        let mode = mode.unwrap_or(0o777 & !shell.umask);
        match made.and_then(|real| shell.machine.root.get_mut(&real, false)) {
            Some(node) => node.mode = mode,
            None => status = 1,
        }
    }
    status
}

fn rmdir(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    let mut status = 0;
    for operand in &options.operands {
        let path = shell.path(operand);
        let real = shell
            .machine
            .root
            .get(&path, false)
            .filter(|(_, node)| node.is_directory())
            .map(|(real, _)| real);
        match real {
            Some(real) if shell.machine.root.below(&real).next().is_none() => {
                shell.machine.root.remove(&real);
            }
            _ => status = 1,
        }
    }
    if options.has(&["ignore-fail-on-non-empty"]) { 0 } else { status }
}

fn rm(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    let mut status = 0;
    for operand in &options.operands {
        let path = shell.path(operand);
        let found = shell.machine.root.get(&path, false).map(|(real, node)| (real, node.is_directory()));
        match found {
            Some((real, directory)) if !directory || options.has(&["r", "R", "recursive"]) => {
                shell.machine.root.remove(&real);
            }
            Some(_) => status = 1,
            None => status |= i32::from(!options.has(&["f", "force"])),
        }
    }
    status
}

fn mv(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["t", "S"]);
    let Some((to, from)) = options.operands.split_last() else { return 1 };
    let to = shell.path(to);
    let mut status = 0;
    for operand in from {
        let place = target(shell, operand, &to, options.has(&["T"]));
        let root = &mut shell.machine.root;
        let from = root.get(&shell.directory.join_as_kernel(operand.as_bytes()), false).map(|(real, _)| real);
        let place = root.resolve(&place, false);
        match (from, place) {
            (Some(from), Some(place)) if from == place || root.rename(&from, &place) => {}
            _ => status = 1,
        }
    }
    status
}

fn cp(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["t", "S"]);
    let Some((to, from)) = options.operands.split_last() else { return 1 };
    let to = shell.path(to);
    let keep = options.has(&["p", "a", "archive", "preserve"]);
    let recursive = options.has(&["r", "R", "a", "recursive", "archive"]);
    let follow = !options.has(&["d", "P", "a", "archive", "no-dereference"]);
    let mut status = 0;
    for operand in from {
        let place = target(shell, operand, &to, options.has(&["T", "no-target-directory"]));
        let source = shell.path(operand);
        let Some((real, node)) = shell.machine.root.get(&source, follow) else {
            status = 1;
            continue;
        };
        if (node.is_directory() && !recursive)
            || (options.has(&["n", "no-clobber"]) && shell.machine.root.get(&place, false).is_some())
        {
            status |= i32::from(node.is_directory());
            continue;
        }
        let mut copies = vec![(place.clone(), node.clone())];
        copies.extend(shell.machine.root.below(&real).filter_map(|(path, node)| {
            Some((place.join_as_kernel(path.strip_prefix(&real)?), node.clone()))
        }));
        if !node.is_directory() {
            copies.truncate(1);
        }
        for (path, mut node) in copies {
            if let Kind::File { shared, .. } = &mut node.kind {
                *shared = false;
            }
            if !keep {
                (node.uid, node.gid, node.mtime) = (0, 0, None);
                node.mode &= !shell.umask & 0o777;
                // What is there already keeps its owner and mode.
                if let Some((_, old)) =
                    shell.machine.root.get(&path, true).filter(|(_, old)| !old.is_directory())
                {
                    (node.uid, node.gid, node.mode) = (old.uid, old.gid, old.mode);
                }
            }
            status |= i32::from(shell.machine.root.put(&path, node).is_none());
        }
    }
    status
}

fn ln(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["t", "target-directory", "S"]);
    let mut operands = options.operands.clone();
    if let Some(folder) = options.value(&["t", "target-directory"]) {
        operands.push(folder.to_owned());
    }
    let (from, to) = match &operands[..] {
        [single] => (std::slice::from_ref(single), ".".to_owned()),
        [from @ .., to] => (from, to.clone()),
        [] => return 1,
    };
    let to = shell.path(&to);
    let as_it_is = options.has(&["n", "T", "no-dereference", "no-target-directory"])
        && shell.machine.root.get(&to, false).is_none_or(|(_, node)| !node.is_directory());
    let mut status = 0;
    for operand in from {
        let place = target(shell, operand, &to, as_it_is);
        if shell.machine.root.get(&place, false).is_some() && !options.has(&["f", "force"]) {
            status = 1;
            continue;
        }
        let node = if options.has(&["s", "symbolic"]) {
            let text = if options.has(&["r", "relative"]) {
                relative(&shell.path(operand), &place)
            } else {
                operand.clone()
            };
            Some(Node::symlink(text))
        } else {
            let source = shell.path(operand);
            shell.machine.root.get_mut(&source, true).map(|node| {
                if let Kind::File { shared, .. } = &mut node.kind {
                    *shared = true;
                }
                node.clone()
            })
        };
        status |= i32::from(node.is_none_or(|node| shell.machine.root.put(&place, node).is_none()));
    }
    status
}

/// A path as a link at `place` says it without a leading slash.
fn relative(path: &RootPath, place: &RootPath) -> String {
    let folder = place.parent().unwrap_or_else(RootPath::root);
    let shared = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(&b".."[..], folder.components().count() - shared);
    let parts: Vec<&[u8]> = up.chain(path.components().skip(shared)).collect();
    String::from_utf8_lossy(&parts.join(&b'/')).into_owned()
}

fn touch(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["r", "d", "t"]);
    let mut status = 0;
    for operand in &options.operands {
        let path = shell.path(operand);
        if shell.machine.root.get(&path, !options.has(&["h", "no-dereference"])).is_none()
            && !options.has(&["c", "no-create"])
        {
            status |= i32::from(!shell.write(&path, Vec::new()));
        }
    }
    status
}

fn install(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["m", "o", "g", "t", "mode", "owner", "group", "target-directory"]);
    let mode =
        options.value(&["m", "mode"]).and_then(|mode| changed_mode(0o755, mode, false)).unwrap_or(0o755);
    let accounts = shell.machine.accounts();
    let uid = options.value(&["o", "owner"]).map_or(Some(0), |name| accounts.uid(name));
    let gid = options.value(&["g", "group"]).map_or(Some(0), |name| accounts.gid(name));
    let (Some(uid), Some(gid)) = (uid, gid) else { return 1 };
    let mut places = Vec::new();
    if options.has(&["d", "directory"]) {
        for operand in &options.operands {
            places.push(shell.path(operand));
            if shell.machine.root.make_directories(&shell.path(operand)).is_none() {
                return 1;
            }
        }
    } else {
        let mut copied: Vec<String> = options.operands.clone();
        copied.extend(options.value(&["t", "target-directory"]).map(str::to_owned));
        let Some((to, from)) = copied.split_last() else { return 1 };
        let folder = shell.path(to);
        if options.has(&["D"])
            && let Some(parent) = folder.parent()
        {
            shell.machine.root.make_directories(&parent);
        }
        places.extend(from.iter().map(|operand| target(shell, operand, &folder, options.has(&["T"]))));
        let status = cp(shell, &copied, streams);
        if status != 0 {
            return status;
        }
    }
    for place in places {
        if let Some(node) = shell.machine.root.get_mut(&place, true) {
            (node.uid, node.gid, node.mode) = (uid, gid, mode);
        }
    }
    0
}

/// The nodes an operand names: one, or with all below it. Links are followed for one, and left alone below.
fn named(shell: &Shell<'_, '_>, operand: &str, recursive: bool, follow: bool) -> Vec<RootPath> {
    let path = shell.path(operand);
    let Some((real, _)) = shell.machine.root.get(&path, follow) else { return Vec::new() };
    let mut all = vec![real.clone()];
    if recursive {
        all.extend(shell.machine.root.below(&real).map(|(path, _)| path.clone()));
    }
    all
}

fn chmod(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    // A mode may begin with a dash.
    let (flags, rest): (Vec<String>, Vec<String>) = words.iter().cloned().partition(|word| {
        word.starts_with("--") || (word.starts_with('-') && !word[1..].contains(['r', 'w', 'x', 's', 't']))
    });
    let options = Options::read(&flags, &["reference"]);
    let Some((mode, operands)) = rest.split_first() else { return 1 };
    let mut status = 0;
    for operand in operands {
        let all = named(shell, operand, options.has(&["R", "recursive"]), true);
        status |= i32::from(all.is_empty());
        for path in all {
            if let Some(node) = shell.machine.root.get_mut(&path, false)
                && !matches!(node.kind, Kind::Symlink(_))
            {
                match changed_mode(node.mode, mode, node.is_directory()) {
                    Some(mode) => node.mode = mode,
                    None => return 1,
                }
            }
        }
    }
    status
}

/// A mode after `mode`, octal or symbolic (`u+rwX,go=`), is applied to it.
fn changed_mode(old: u32, mode: &str, directory: bool) -> Option<u32> {
    if let Ok(mode) = u32::from_str_radix(mode, 8) {
        return Some(mode & 0o7777);
    }
    let mut result = old;
    for clause in mode.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let mut mask = 0;
        for c in who.chars() {
            mask |= match c {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        let mask = if who.is_empty() { 0o7777 } else { mask };
        let mut bits = 0;
        for c in rest[1..].chars() {
            bits |= match c {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if directory || old & 0o111 != 0 => 0o111,
                'X' => 0,
                's' => 0o6000,
                't' => 0o1000,
                'u' => (old >> 6 & 7) * 0o111,
                'g' => (old >> 3 & 7) * 0o111,
                'o' => (old & 7) * 0o111,
                _ => return None,
            };
        }
        let sticky = if who.contains('a') || who.is_empty() || rest.contains('t') { 0o1000 } else { 0 };
        let bits = bits & (mask | sticky);
        result = match rest.as_bytes()[0] {
            b'+' => result | bits,
            b'-' => result & !bits,
            _ => result & !(mask & 0o6777) | bits,
        };
    }
    Some(result)
}

fn chown(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    change_owner(shell, words, false)
}

fn chown_group(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    change_owner(shell, words, true)
}

fn change_owner(shell: &mut Shell<'_, '_>, words: &[String], group_only: bool) -> i32 {
    let options = Options::read(words, &["from"]);
    let reference =
        options.flags.iter().find(|(flag, _)| flag == "reference").and_then(|(_, value)| value.clone());
    let mut operands = options.operands.clone();
    let (uid, gid) = if let Some(reference) = reference {
        let path = shell.path(&reference);
        match shell.machine.root.get(&path, true) {
            Some((_, node)) => (Some(node.uid), Some(node.gid)),
            None => return 1,
        }
    } else {
        if operands.is_empty() {
            return 1;
        }
        let owner = operands.remove(0);
        let accounts = shell.machine.accounts();
        let (user, group) = if group_only {
            ("", Some(owner.as_str()))
        } else {
            match owner.split_once([':', '.']) {
                Some((user, group)) => (user, Some(group)),
                None => (owner.as_str(), None),
            }
        };
        let uid = (!user.is_empty()).then(|| accounts.uid(user));
        let gid = group.filter(|group| !group.is_empty()).map(|group| accounts.gid(group));
        if uid == Some(None) || gid == Some(None) {
            return 1;
        }
        (uid.flatten(), gid.flatten())
    };
    let follow = !options.has(&["h", "no-dereference"]);
    let mut status = 0;
    for operand in &operands {
        let all = named(shell, operand, options.has(&["R", "recursive"]), follow);
        status |= i32::from(all.is_empty());
        for path in all {
            if let Some(node) = shell.machine.root.get_mut(&path, false) {
                node.uid = uid.unwrap_or(node.uid);
                node.gid = gid.unwrap_or(node.gid);
                // The kernel takes these bits away from files whose owner changes.
                if matches!(node.kind, Kind::File { .. }) {
                    node.mode &= if node.mode & 0o010 == 0 { 0o3777 } else { 0o1777 };
                    node.capability = None;
                }
            }
        }
    }
    status
}

fn mkfifo(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["m", "mode"]);
    let mode =
        options.value(&["m", "mode"]).and_then(|mode| changed_mode(0o666, mode, false)).unwrap_or(0o644);
    for operand in &options.operands {
        shell.machine.root.put(&shell.path(operand), Node::new(Kind::Fifo, mode));
    }
    0
}

pub(super) fn mktemp(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["p", "tmpdir", "t", "m"]);
    shell.temporary += 1;
    let folder = options.value(&["p", "tmpdir"]).unwrap_or("/tmp").to_owned();
    let template = options.operands.first().cloned().unwrap_or_else(|| "tmp.XXXXXX".to_owned());
    let template = if template.starts_with('/') { template } else { format!("{folder}/{template}") };
    let name = format!("{}casehard{}", template.trim_end_matches('X'), shell.temporary);
    let path = shell.path(&name);
    let directory = options.has(&["d", "directory"]);
    if !options.has(&["u", "dry-run"]) {
        let node = if directory { Node::directory(0o700) } else { Node::file("", 0o600) };
        shell.machine.root.put(&path, node);
    }
    streams.print(format!("{name}\n"));
    0
}

/// File capabilities: `cap_net_raw+ep file` as the attribute the kernel reads (`capabilities(7)`, revision 2).
fn setcap(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    const NAMES: [&str; 41] = [
        "chown",
        "dac_override",
        "dac_read_search",
        "fowner",
        "fsetid",
        "kill",
        "setgid",
        "setuid",
        "setpcap",
        "linux_immutable",
        "net_bind_service",
        "net_broadcast",
        "net_admin",
        "net_raw",
        "ipc_lock",
        "ipc_owner",
        "sys_module",
        "sys_rawio",
        "sys_chroot",
        "sys_ptrace",
        "sys_pacct",
        "sys_admin",
        "sys_boot",
        "sys_nice",
        "sys_resource",
        "sys_time",
        "sys_tty_config",
        "mknod",
        "lease",
        "audit_write",
        "audit_control",
        "setfcap",
        "mac_override",
        "mac_admin",
        "syslog",
        "wake_alarm",
        "block_suspend",
        "audit_read",
        "perfmon",
        "bpf",
        "checkpoint_restore",
    ];
    let options = Options::read(words, &[]);
    let [text, operand] = &options.operands[..] else { return 1 };
    let Some((names, flags)) = text.split_once(['+', '=']) else { return 1 };
    let mut set = 0u64;
    for name in names.split(',') {
        let name = name.trim_start_matches("cap_");
        match NAMES.iter().position(|known| *known == name) {
            Some(bit) => set |= 1 << bit,
            None => return 1,
        }
    }
    let effective = u32::from(flags.contains('e'));
    let (permitted, inheritable) =
        (if flags.contains('p') { set } else { 0 }, if flags.contains('i') { set } else { 0 });
    let low = |set: u64| u32::try_from(set & 0xffff_ffff).unwrap_or(0);
    let mut bytes = Vec::new();
    for number in [
        0x0200_0000 | effective,
        low(permitted),
        low(inheritable),
        low(permitted >> 32),
        low(inheritable >> 32),
    ] {
        bytes.extend(number.to_le_bytes());
    }
    let path = shell.path(operand);
    match shell.machine.root.get_mut(&path, true) {
        Some(node) => {
            node.capability = Some(bytes.into());
            shell.machine.fired("setcap");
            0
        }
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        for (old, text, directory, new) in [
            (0o644, "755", false, 0o755),
            (0o644, "+x", false, 0o755),
            (0o755, "go-rwx", false, 0o700),
            (0o644, "u=rwx,g=rx,o=", false, 0o750),
            (0o644, "a+rX", false, 0o644),
            (0o600, "a+rX", true, 0o755),
            (0o755, "u+s", false, 0o4755),
            (0o755, "g+s", true, 0o2755),
            (0o777, "+t", true, 0o1777),
            (0o640, "g=u", false, 0o660),
            (0o644, "1777", true, 0o1777),
        ] {
            assert_eq!(changed_mode(old, text, directory), Some(new), "{old:o} {text}");
        }
        assert_eq!(changed_mode(0o644, "q+x", false), None);
    }

    #[test]
    fn relative_links() {
        let path = |text: &str| RootPath::parse(text.as_bytes()).unwrap();
        assert_eq!(relative(&path("/usr/bin/a"), &path("/usr/lib/x/b")), "../../bin/a");
        assert_eq!(relative(&path("/a"), &path("/b")), "a");
    }
}
