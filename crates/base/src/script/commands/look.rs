//! Commands that look at files and change none (`find -delete` aside).

use super::{Known, Options, plain};
use crate::{
    root::Kind,
    script::shell::{Shell, Streams},
};

pub(super) const COMMANDS: &[Known] = &[
    plain("readlink", readlink),
    plain("realpath", realpath),
    plain("dpkg-realpath", realpath),
    plain("stat", stat),
    plain("find", find),
    plain("ls", ls),
];

fn readlink(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    if options.has(&["f", "e", "m", "canonicalize", "canonicalize-existing", "canonicalize-missing"]) {
        return realpath(shell, words, streams);
    }
    for operand in &options.operands {
        match shell.machine.root.get(&shell.path(operand), false).map(|(_, node)| &node.kind) {
            Some(Kind::Symlink(target)) => {
                streams.print(target);
                if !options.has(&["n", "no-newline"]) {
                    streams.print("\n");
                }
            }
            _ => return 1,
        }
    }
    0
}

fn realpath(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["relative-to", "root"]);
    for operand in &options.operands {
        let path = shell.path(operand);
        let real = if options.has(&["s", "strip", "no-symlinks"]) {
            Some(path)
        } else {
            shell.machine.root.resolve(&path, true)
        };
        let must_exist = options.has(&["e", "canonicalize-existing"]);
        match real.filter(|real| !must_exist || real.is_root() || shell.machine.root.exact(real).is_some()) {
            Some(real) => streams.print(format!("{}\n", real.to_utf8().unwrap_or_default())),
            None => return 1,
        }
    }
    0
}

fn stat(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["c", "format", "printf"]);
    let format = options.value(&["c", "format", "printf"]).unwrap_or("%n").to_owned();
    let accounts = shell.machine.accounts();
    for operand in &options.operands {
        let path = shell.path(operand);
        let follow = options.has(&["L", "dereference"]);
        let Some((_, node)) = shell.machine.root.get(&path, follow) else { return 1 };
        let user = accounts.users.iter().find(|user| user.uid == node.uid).map(|user| user.name.clone());
        let group =
            accounts.groups.iter().find(|group| group.gid == node.gid).map(|group| group.name.clone());
        let text = format
            .replace("%a", &format!("{:o}", node.mode))
            .replace("%u", &node.uid.to_string())
            .replace("%g", &node.gid.to_string())
            .replace("%U", &user.unwrap_or_else(|| node.uid.to_string()))
            .replace("%G", &group.unwrap_or_else(|| node.gid.to_string()))
            .replace("%n", operand);
        streams.print(format!("{text}\n"));
    }
    0
}

/// `find` with the tests and actions that scripts combine; anything else is reported.
fn find(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let start = words.iter().position(|word| word.starts_with(['-', '(', '!'])).unwrap_or(words.len());
    let (roots, tests) = words.split_at(start);
    let (mut kind, mut name, mut depths, mut delete, mut empty, mut zero) =
        (None, None, (0, usize::MAX), false, false, false);
    let mut tests = tests.iter();
    while let Some(test) = tests.next() {
        match test.as_str() {
            "-type" => kind = tests.next().cloned(),
            "-name" => name = tests.next().cloned(),
            "-maxdepth" => depths.1 = tests.next().and_then(|text| text.parse().ok()).unwrap_or(depths.1),
            "-mindepth" => depths.0 = tests.next().and_then(|text| text.parse().ok()).unwrap_or(depths.0),
            "-delete" => delete = true,
            "-empty" => empty = true,
            "-print0" => zero = true,
            "-print" | "-depth" | "-xdev" | "-follow" => {}
            _ => {
                shell.report(format!("find {}", words.join(" ")));
                return 0;
            }
        }
    }
    let pattern = name.map(|name| vec![(name, false)]);
    for operand in roots {
        let Some((real, _)) = shell.machine.root.get(&shell.path(operand), true) else { return 1 };
        let depth = real.components().count();
        let mut all = vec![real.clone()];
        all.extend(shell.machine.root.below(&real).map(|(path, _)| path.clone()));
        if delete {
            all.reverse();
        }
        for path in all {
            let Some(node) = shell.machine.root.exact(&path) else { continue };
            let level = path.components().count() - depth;
            let letter = match node.kind {
                Kind::Directory => "d",
                Kind::Symlink(_) => "l",
                Kind::File { .. } => "f",
                Kind::Fifo => "p",
            };
            let file_name = String::from_utf8_lossy(path.file_name().unwrap_or_default()).into_owned();
            let is_empty = match &node.kind {
                Kind::File { content, .. } => content.size() == 0,
                Kind::Directory => shell.machine.root.below(&path).next().is_none(),
                _ => false,
            };
            if level < depths.0
                || level > depths.1
                || kind.as_ref().is_some_and(|kind| kind != letter)
                || pattern
                    .as_ref()
                    .is_some_and(|pattern| !crate::script::pattern::matches(pattern, &file_name))
                || (empty && !is_empty)
            {
                continue;
            }
            if delete {
                shell.machine.root.remove(&path);
            } else {
                let rest = String::from_utf8_lossy(path.strip_prefix(&real).unwrap_or_default()).into_owned();
                let text = if rest.is_empty() {
                    operand.clone()
                } else {
                    format!("{}/{rest}", operand.trim_end_matches('/'))
                };
                streams.print(text + if zero { "\0" } else { "\n" });
            }
        }
    }
    0
}

fn ls(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    let operands = if options.operands.is_empty() { vec![".".to_owned()] } else { options.operands.clone() };
    let mut status = 0;
    for operand in operands {
        let path = shell.path(&operand);
        match shell.machine.root.get(&path, true) {
            Some((_, node)) if node.is_directory() && !options.has(&["d", "directory"]) => {
                for (child, _) in shell.machine.root.children(&path) {
                    let name = String::from_utf8_lossy(child.file_name().unwrap_or_default()).into_owned();
                    if !name.starts_with('.') || options.has(&["a", "A", "all"]) {
                        streams.print(name + "\n");
                    }
                }
            }
            Some(_) => streams.print(format!("{operand}\n")),
            None => status = 2,
        }
    }
    status
}
