//! Users and groups.

use super::{Known, Options, rule};
use crate::{
    accounts::Accounts,
    root::Node,
    script::shell::{Shell, Streams},
};

pub(super) const COMMANDS: &[Known] = &[
    rule("adduser", adduser),
    rule("addgroup", addgroup),
    rule("useradd", useradd),
    rule("groupadd", groupadd),
    rule("usermod", usermod),
    rule("gpasswd", gpasswd),
    super::plain("passwd", |_, _, _| 0),
    super::plain("chage", |_, _, _| 0),
    super::plain("chfn", |_, _, _| 0),
    super::plain("shadowconfig", |_, _, _| 0),
    super::plain("pwconv", |_, _, _| 0),
    super::plain("grpconv", |_, _, _| 0),
    super::plain("deluser", |_, _, _| 0),
    super::plain("delgroup", |_, _, _| 0),
    super::plain("userdel", |_, _, _| 0),
    super::plain("groupdel", |_, _, _| 0),
    super::plain("getent", getent),
    super::plain("groups", |shell, words, streams| {
        id(shell, &[&["-Gn".to_owned()], words].concat(), streams)
    }),
    super::plain("su", su),
    super::plain("runuser", su),
];

const NOLOGIN: &str = "/usr/sbin/nologin";

fn save(shell: &mut Shell<'_, '_>, accounts: &Accounts) {
    accounts.write(&mut shell.machine.root);
}

/// Debian's `adduser`: a user, or with two names a user into a group.
fn adduser(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(
        words,
        &[
            "home", "shell", "uid", "gid", "ingroup", "gecos", "comment", "conf", "firstuid", "lastuid",
            "firstgid", "lastgid",
        ],
    );
    let mut accounts = shell.machine.accounts();
    let system = options.has(&["system"]);
    let number = |name: &str| options.value(&[name]).and_then(|value| value.parse().ok());
    match &options.operands[..] {
        [user, group] => {
            if accounts.user(user).is_none() || !accounts.add_member(user, group) {
                return 1;
            }
        }
        [name] if options.has(&["group"]) && !system => {
            accounts.add_group(name, number("gid"), false);
        }
        [name] => {
            if accounts.user(name).is_some() {
                return i32::from(!system);
            }
            let uid = number("uid").or_else(|| accounts.free_pair(system));
            let own_group = options.has(&["group"]) || !system;
            let gid = if let Some(group) = options.value(&["ingroup"]) {
                match accounts.gid(group) {
                    Some(gid) => gid,
                    None => return 1,
                }
            } else if let Some(gid) = number("gid") {
                gid
            } else if own_group {
                accounts.add_group(name, uid, system)
            } else {
                65_534
            };
            let shell_path = options.value(&["shell"]).unwrap_or(if system { NOLOGIN } else { "/bin/bash" });
            let default_home = if system { "/nonexistent".to_owned() } else { format!("/home/{name}") };
            let home = options.value(&["home"]).unwrap_or(&default_home).to_owned();
            let comment = options.value(&["gecos", "comment"]).unwrap_or("");
            let uid = accounts.add_user(name, uid, gid, comment, &home, shell_path, system);
            if !options.has(&["no-create-home"])
                && options.value(&["home"]).is_some()
                && home != "/nonexistent"
            {
                make_home(shell, &home, uid, gid);
            }
        }
        _ => return 1,
    }
    save(shell, &accounts);
    0
}

fn make_home(shell: &mut Shell<'_, '_>, home: &str, uid: u32, gid: u32) {
    let path = shell.path(home);
    if shell.machine.root.get(&path, true).is_none() {
        shell.machine.root.put(&path, Node::directory(0o755).owned(uid, gid));
    }
}

fn addgroup(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["gid", "conf", "firstgid", "lastgid"]);
    if options.operands.len() == 2 {
        return adduser(shell, words, streams);
    }
    let Some(name) = options.operands.first() else { return 1 };
    let mut accounts = shell.machine.accounts();
    let system = options.has(&["system"]);
    let gid = options.value(&["gid"]).and_then(|value| value.parse().ok());
    accounts.add_group(name, gid, system);
    save(shell, &accounts);
    0
}

fn useradd(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(
        words,
        &[
            "b", "c", "d", "e", "f", "g", "G", "k", "K", "p", "s", "u", "base-dir", "comment", "home-dir",
            "home", "gid", "groups", "shell", "uid", "password", "skel", "key",
        ],
    );
    let Some(name) = options.operands.first() else { return 2 };
    let mut accounts = shell.machine.accounts();
    if accounts.user(name).is_some() {
        return 9;
    }
    let system = options.has(&["r", "system"]);
    let uid = options.value(&["u", "uid"]).and_then(|value| value.parse().ok());
    let gid = match options.value(&["g", "gid"]) {
        Some(group) => match accounts.gid(group) {
            Some(gid) => gid,
            None => return 6,
        },
        None if options.has(&["N", "no-user-group"]) => 100,
        None => accounts.add_group(name, uid, system),
    };
    let home =
        options.value(&["d", "home-dir", "home"]).map_or_else(|| format!("/home/{name}"), str::to_owned);
    let shell_path = options.value(&["s", "shell"]).unwrap_or("/bin/sh");
    let comment = options.value(&["c", "comment"]).unwrap_or("");
    let uid = accounts.add_user(name, uid, gid, comment, &home, shell_path, system);
    for group in options.value(&["G", "groups"]).unwrap_or("").split(',').filter(|group| !group.is_empty()) {
        accounts.add_member(name, group);
    }
    save(shell, &accounts);
    if options.has(&["m", "create-home"]) {
        make_home(shell, &home, uid, gid);
    }
    0
}

fn groupadd(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["g", "gid", "K", "key", "p", "password"]);
    let Some(name) = options.operands.first() else { return 2 };
    let mut accounts = shell.machine.accounts();
    if accounts.group(name).is_some() {
        return if options.has(&["f", "force"]) { 0 } else { 9 };
    }
    let gid = options.value(&["g", "gid"]).and_then(|value| value.parse().ok());
    accounts.add_group(name, gid, options.has(&["r", "system"]));
    save(shell, &accounts);
    0
}

fn usermod(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(
        words,
        &["c", "comment", "d", "home", "e", "g", "gid", "G", "groups", "l", "p", "s", "shell", "u", "uid"],
    );
    let mut accounts = shell.machine.accounts();
    let Some(name) = options.operands.first() else { return 2 };
    let gid = options.value(&["g", "gid"]).and_then(|group| accounts.gid(group));
    for group in options.value(&["G", "groups"]).unwrap_or("").split(',').filter(|group| !group.is_empty()) {
        accounts.add_member(name, group);
    }
    let Some(user) = accounts.users.iter_mut().find(|user| user.name == *name) else { return 6 };
    for (flags, field) in [
        (["c", "comment"], &mut user.comment),
        (["d", "home"], &mut user.home),
        (["s", "shell"], &mut user.shell),
    ] {
        if let Some(value) = options.value(&flags) {
            *field = value.replace([':', '\n'], "");
        }
    }
    user.gid = gid.unwrap_or(user.gid);
    save(shell, &accounts);
    0
}

fn gpasswd(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["a", "add", "d", "delete", "M", "A"]);
    let mut accounts = shell.machine.accounts();
    match (options.value(&["a", "add"]), options.operands.first()) {
        (Some(user), Some(group)) if accounts.add_member(user, group) => {
            save(shell, &accounts);
            0
        }
        _ => 1,
    }
}

fn getent(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let accounts = shell.machine.accounts();
    let (Some(database), keys) = (words.first(), words.get(1..).unwrap_or_default()) else { return 1 };
    let users = accounts.users.iter().map(|user| {
        let line = format!(
            "{}:x:{}:{}:{}:{}:{}",
            user.name, user.uid, user.gid, user.comment, user.home, user.shell
        );
        (user.name.clone(), user.uid, line)
    });
    let groups = accounts.groups.iter().map(|group| {
        (group.name.clone(), group.gid, format!("{}:x:{}:{}", group.name, group.gid, group.members.join(",")))
    });
    let all: Vec<(String, u32, String)> = match database.as_str() {
        "passwd" | "shadow" => users.collect(),
        "group" => groups.collect(),
        _ => return 2,
    };
    let mut status = 0;
    for key in keys {
        match all.iter().find(|(name, number, _)| name == key || number.to_string() == *key) {
            Some((.., line)) => streams.print(format!("{line}\n")),
            None => status = 2,
        }
    }
    if keys.is_empty() {
        streams.print(all.iter().map(|(.., line)| format!("{line}\n")).collect::<String>());
    }
    status
}

pub(super) fn id(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    let accounts = shell.machine.accounts();
    let name = options.operands.first().map_or("root", String::as_str);
    let user = accounts.users.iter().find(|user| user.name == name || user.uid.to_string() == name);
    let Some(user) = user else { return 1 };
    let group_name = |gid: u32| {
        let group = accounts.groups.iter().find(|group| group.gid == gid);
        group.map_or_else(|| gid.to_string(), |group| group.name.clone())
    };
    let by_name = options.has(&["n", "name"]);
    let text = if options.has(&["u", "user"]) {
        if by_name { user.name.clone() } else { user.uid.to_string() }
    } else if options.has(&["g", "group"]) {
        if by_name { group_name(user.gid) } else { user.gid.to_string() }
    } else {
        let further = accounts.groups.iter().filter(|group| group.members.contains(&user.name));
        let gids: Vec<u32> = std::iter::once(user.gid).chain(further.map(|group| group.gid)).collect();
        let words = gids.iter().map(|gid| if by_name { group_name(*gid) } else { gid.to_string() });
        words.collect::<Vec<_>>().join(" ")
    };
    streams.print(format!("{text}\n"));
    0
}

/// A command as another user: the set knows no users, so it is called as it is. Its answer to questions about
/// ownership would be root's, so it counts as failed, which makes scripts set what they asked for.
fn su(_: &mut Shell<'_, '_>, _: &[String], _: &Streams) -> i32 {
    1
}
