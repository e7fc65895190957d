//! Commands of the package tools.

use casehard_oci::RootPath;

use super::{Known, Options, plain, rule};
use crate::{
    deb, facts,
    root::{Diversion, Kind, Node},
    script::shell::{Shell, Streams},
};

pub(super) const COMMANDS: &[Known] = &[
    plain("dpkg", dpkg),
    plain("dpkg-query", dpkg_query),
    rule("dpkg-divert", divert),
    rule("dpkg-statoverride", override_mode),
    rule("update-alternatives", alternatives),
    rule("ucf", ucf),
    rule("update-shells", update_shells),
    rule("add-shell", update_shells),
    plain("remove-shell", |_, _, _| 0),
    rule("phpenmod", php_enable),
    plain("phpquery", php_query),
    rule("systemd-sysusers", accounts),
    // Their results depend on every package and are made at the end, whether or not somebody asked for them.
    rule("ldconfig", |_, _, _| 0),
    rule("update-ca-certificates", |_, _, _| 0),
    rule("pam-auth-update", |_, _, _| 0),
    rule("systemd-tmpfiles", |_, _, _| 0),
];

fn dpkg(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["--compare-versions", left, operator, right] => {
            // An absent version is before every other, or for the operators with `-nl` after.
            let later = operator.ends_with("-nl");
            let order = match (left.is_empty(), right.is_empty()) {
                (true, true) => std::cmp::Ordering::Equal,
                (true, false) if later => std::cmp::Ordering::Greater,
                (true, false) => std::cmp::Ordering::Less,
                (false, true) if later => std::cmp::Ordering::Less,
                (false, true) => std::cmp::Ordering::Greater,
                (false, false) => deb::compare(left, right),
            };
            let holds = match operator.trim_end_matches("-nl") {
                "lt" | "<<" => order.is_lt(),
                "le" | "<=" | "<" => order.is_le(),
                "eq" | "=" => order.is_eq(),
                "ne" => order.is_ne(),
                "ge" | ">=" | ">" => order.is_ge(),
                "gt" | ">>" => order.is_gt(),
                _ => return 2,
            };
            i32::from(!holds)
        }
        ["--print-architecture", ..] => {
            streams.print(format!("{}\n", shell.machine.architecture));
            0
        }
        ["--print-foreign-architectures", ..] => 0,
        ["-s" | "--status" | "-l" | "--list" | "-L" | "--listfiles", package, ..] => {
            let package = package.split(':').next().unwrap_or_default();
            i32::from(!shell.machine.installed.contains_key(package))
        }
        [first, ..] if first.starts_with("--assert") || first.starts_with("--validate") => 0,
        _ => {
            shell.report(format!("dpkg {}", words.join(" ")));
            1
        }
    }
}

/// Fields of an installed package: `-W -f '${Version}' name`.
fn dpkg_query(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["f", "showformat", "S", "search"]);
    let format =
        options.value(&["f", "showformat"]).unwrap_or("${Package}\t${Version}\n").replace("\\n", "\n");
    let mut status = 0;
    for package in &options.operands {
        let name = package.split(':').next().unwrap_or_default();
        let Some(place) = shell.machine.installed.get(name) else {
            status = 1;
            continue;
        };
        let control = &shell.machine.store.packages[*place].control;
        let mut text = String::new();
        let mut rest = format.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let (field, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            text.push_str(match field.split(';').next().unwrap_or_default() {
                "Status" | "db:Status-Status" => "install ok installed",
                "db:Status-Abbrev" => "ii ",
                "Conffiles" => "",
                field => control.get(field).unwrap_or_default(),
            });
            rest = after;
        }
        streams.print(text + rest);
    }
    status
}

fn divert(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(
        words,
        &["package", "divert", "listpackage", "truename", "admindir", "instdir", "root"],
    );
    let local = |options: &Options| options.value(&["package"]).unwrap_or(":").to_owned();
    for question in ["listpackage", "truename"] {
        if let Some(path) = options.value(&[question]) {
            let real = shell.path(path);
            let diversion = shell.machine.diversions.iter().find(|diversion| diversion.from == real);
            match (question, diversion) {
                ("listpackage", Some(diversion)) => {
                    let name = if diversion.package == ":" { "LOCAL" } else { &diversion.package };
                    streams.print(format!("{name}\n"));
                }
                ("truename", Some(diversion)) => {
                    streams.print(format!("{}\n", diversion.to.to_utf8().unwrap_or_default()));
                }
                ("truename", None) => streams.print(format!("{path}\n")),
                _ => {}
            }
            return 0;
        }
    }
    let Some(operand) = options.operands.first() else { return 0 };
    let from = shell.path(operand);
    if options.has(&["list"]) {
        return 0;
    }
    if options.has(&["remove"]) {
        let before = shell.machine.diversions.len();
        let package = local(&options);
        let found = shell
            .machine
            .diversions
            .iter()
            .find(|other| other.from == from && other.package == package)
            .cloned();
        shell.machine.diversions.retain(|other| !(other.from == from && other.package == package));
        if let Some(found) =
            found.filter(|_| options.has(&["rename"]) && before > shell.machine.diversions.len())
        {
            rename(shell, &found.to, &found.from);
        }
        return 0;
    }
    let to = match options.value(&["divert"]) {
        Some(to) => shell.path(to),
        None => shell.path(&format!("{operand}.distrib")),
    };
    if shell.machine.diversions.iter().any(|other| other.from == from) {
        return 0;
    }
    let package = local(&options);
    if options.has(&["rename"]) {
        // What stands there goes aside, unless the package that diverts brought it itself.
        let place = shell.machine.installed.get(&package);
        let own = place.is_some_and(|place| {
            shell.machine.store.packages[*place].entries.iter().any(|entry| entry.path == from)
        });
        if !own {
            rename(shell, &from, &to);
        }
    }
    shell.machine.diversions.push(Diversion { from, to, package });
    0
}

fn rename(shell: &mut Shell<'_, '_>, from: &RootPath, to: &RootPath) {
    let root = &mut shell.machine.root;
    if let (Some(from), Some(to)) = (root.resolve(from, false), root.resolve(to, false)) {
        root.rename(&from, &to);
    }
}

/// Accounts of `sysusers.d`, which the rest of the script may give files to.
fn accounts(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["root", "image", "replace", "image-policy"]);
    facts::accounts(&mut shell.machine.root, shell.machine.store, &options.operands);
    0
}

fn override_mode(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["admindir", "root"]);
    if options.has(&["list"]) {
        let wanted = options.operands.first().map(|operand| shell.path(operand));
        let found = shell
            .machine
            .overrides
            .iter()
            .filter(|(path, _)| wanted.as_ref().is_none_or(|wanted| wanted == *path));
        let lines: Vec<String> = found
            .map(|(path, (user, group, mode))| {
                format!("{user} {group} {mode:o} {}\n", path.to_utf8().unwrap_or_default())
            })
            .collect();
        streams.print(lines.concat());
        return i32::from(lines.is_empty());
    }
    if options.has(&["remove"]) {
        let removed = options.operands.first().map(|operand| shell.path(operand));
        return i32::from(removed.and_then(|path| shell.machine.overrides.remove(&path)).is_none());
    }
    let [user, group, mode, operand] = &options.operands[..] else { return 2 };
    let Ok(mode) = u32::from_str_radix(mode, 8) else { return 2 };
    let path = shell.path(operand);
    let accounts = shell.machine.accounts();
    let (Some(uid), Some(gid)) = (accounts.uid(user), accounts.gid(group)) else { return 2 };
    if options.has(&["update"])
        && let Some(node) = shell.machine.root.get_mut(&path, true)
    {
        (node.uid, node.gid, node.mode) = (uid, gid, mode);
    }
    shell.machine.overrides.insert(path, (user.clone(), group.clone(), mode));
    0
}

fn alternatives(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let mut words = words.iter().map(String::as_str).peekable();
    let mut install = None;
    let mut followers = Vec::new();
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_default().to_owned();
        match word {
            "--install" => install = Some((next(), next(), next(), next())),
            "--slave" => {
                let (link, name, path) = (next(), next(), next());
                followers.push((name, link, path));
            }
            "--remove" => {
                let (name, path) = (next(), next());
                shell.machine.alternatives.remove(&name, &path);
                return 0;
            }
            "--set" => {
                let (name, path) = (next(), next());
                if !shell.machine.alternatives.set(&name, &path) {
                    return 2;
                }
                shell.machine.alternatives.link(&name, &mut shell.machine.root);
                return 0;
            }
            "--list" => {
                let choices = shell.machine.alternatives.choices(&next()).join("\n");
                streams.print(if choices.is_empty() { String::new() } else { choices.clone() + "\n" });
                return i32::from(choices.is_empty());
            }
            "--query" | "--display" => {
                let name = next();
                let Some(value) = shell.machine.alternatives.current(&name) else { return 2 };
                streams.print(format!("Name: {name}\nValue: {value}\n"));
                return 0;
            }
            "--auto" | "--config" | "--remove-all" => return 0,
            _ => {}
        }
    }
    let Some((link, name, path, priority)) = install else { return 0 };
    // What is not there is no choice.
    if shell.machine.root.get(&shell.path(&path), true).is_none() {
        return 2;
    }
    let priority = priority.parse().unwrap_or(0);
    shell.machine.alternatives.install(&link, &name, &path, priority, &followers);
    shell.machine.alternatives.link(&name, &mut shell.machine.root);
    0
}

/// A configuration file that the package tools do not own: it is put in place when there is none.
fn ucf(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["sum-file", "conf-file", "src-dir", "state-dir"]);
    let [source, place] = &options.operands[..] else { return 0 };
    let place = shell.path(place);
    if shell.machine.root.get(&place, true).is_some() {
        return 0;
    }
    let Some((_, node)) = shell.machine.root.get(&shell.path(source), true) else { return 1 };
    let mut node: Node = node.clone();
    if let Kind::File { shared, .. } = &mut node.kind {
        *shared = false;
    }
    (node.uid, node.gid, node.mtime) = (0, 0, None);
    i32::from(shell.machine.root.put(&place, node).is_none())
}

/// `/etc/shells` out of the fragments that shells ship.
fn update_shells(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let list = shell.path("/etc/shells");
    let mut text =
        shell.machine.text(&list).unwrap_or_else(|| "# /etc/shells: valid login shells\n".to_owned());
    let folder = shell.path("/usr/share/debianutils/shells.d");
    let fragments: Vec<RootPath> =
        shell.machine.root.children(&folder).into_iter().map(|(path, _)| path).collect();
    let shipped = fragments.iter().filter_map(|path| shell.machine.text(path)).collect::<String>();
    let named = words.iter().filter(|word| word.starts_with('/')).cloned();
    let all: Vec<String> = shipped.lines().map(str::to_owned).chain(named).collect();
    for line in all.iter().map(|line| line.trim()).filter(|line| line.starts_with('/')) {
        // A shell in /bin is also one in /usr/bin since the two are one.
        let twin = if line.starts_with("/bin/") { format!("/usr{line}") } else { String::new() };
        for path in [line, &twin] {
            if !path.is_empty() && !text.lines().any(|known| known == path) {
                text.push_str(path);
                text.push('\n');
            }
        }
    }
    shell.machine.write(&list, text.into_bytes());
    0
}

/// `phpenmod`: links in `conf.d` of each interface (SAPI) of a version, numbered by the module's own priority.
fn php_enable(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let options = Options::read(words, &["v", "s"]);
    let versions = match options.value(&["v"]) {
        Some("ALL") | None => names(shell, "/etc/php"),
        Some(version) => vec![version.to_owned()],
    };
    for version in versions {
        let all: Vec<String> = names(shell, &format!("/etc/php/{version}"))
            .into_iter()
            .filter(|name| name != "mods-available")
            .collect();
        let interfaces = match options.value(&["s"]) {
            Some("ALL") | None => all,
            Some(interface) => all.into_iter().filter(|name| name == interface).collect(),
        };
        for module in &options.operands {
            let (module, given) =
                module.split_once('/').map_or((module.as_str(), None), |(name, number)| (name, Some(number)));
            let file = format!("/etc/php/{version}/mods-available/{module}.ini");
            let Some(text) = shell.machine.text(&shell.path(&file)) else { continue };
            let stated = text.lines().find_map(|line| line.strip_prefix("; priority=")).map(str::trim);
            let priority = given.or(stated).unwrap_or("20");
            for interface in &interfaces {
                let folder = shell.path(&format!("/etc/php/{version}/{interface}/conf.d"));
                if shell.machine.root.is_directory(&folder) {
                    let place = folder.child(format!("{priority}-{module}.ini").as_bytes());
                    shell.machine.root.put(&place, Node::symlink(&file));
                }
            }
        }
    }
    0
}

fn php_query(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["v", "s", "m"]);
    let versions = names(shell, "/etc/php");
    let version =
        options.value(&["v"]).map_or_else(|| versions.first().cloned().unwrap_or_default(), str::to_owned);
    let answer: Vec<String> = if options.has(&["V"]) {
        versions
    } else if options.has(&["S"]) {
        let all = names(shell, &format!("/etc/php/{version}"));
        all.into_iter().filter(|name| name != "mods-available").collect()
    } else if options.has(&["M"]) {
        let all = names(shell, &format!("/etc/php/{version}/mods-available"));
        all.into_iter().filter_map(|name| Some(name.strip_suffix(".ini")?.to_owned())).collect()
    } else if let Some(module) = options.value(&["m"]) {
        // Enabled, or 32: there but not enabled.
        let interface = options.value(&["s"]).unwrap_or_default();
        let enabled = names(shell, &format!("/etc/php/{version}/{interface}/conf.d"));
        let is_it = |name: &String| {
            name.split_once('-').is_some_and(|(_, rest)| rest.strip_suffix(".ini") == Some(module))
        };
        return if enabled.iter().any(is_it) { 0 } else { 32 };
    } else {
        return 1;
    };
    streams.print(answer.iter().map(|name| format!("{name}\n")).collect::<String>());
    0
}

/// The names of what a directory holds.
fn names(shell: &Shell<'_, '_>, path: &str) -> Vec<String> {
    let children = shell.machine.root.children(&shell.path(path));
    children
        .iter()
        .filter_map(|(path, _)| path.file_name())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}
