//! The commands that scripts may use: a closed set, each changing nothing but the tree in memory.

mod account;
mod builtin;
mod debconf;
mod file;
mod look;
mod packaging;
mod sed;
mod system;
mod test;
mod text;

use casehard_oci::RootPath;

use super::shell::{Shell, Streams};

pub(crate) use debconf::is_debconf;

/// A command: its arguments in, its status out.
type Run = fn(&mut Shell<'_, '_>, &[String], &Streams) -> i32;

/// A command by name. `rule` says that what it does counts as a rule that fired.
struct Known {
    name: &'static str,
    rule: bool,
    run: Run,
}

const fn plain(name: &'static str, run: Run) -> Known {
    Known { name, rule: false, run }
}

const fn rule(name: &'static str, run: Run) -> Known {
    Known { name, rule: true, run }
}

const SETS: [&[Known]; 7] = [
    builtin::COMMANDS,
    text::COMMANDS,
    file::COMMANDS,
    look::COMMANDS,
    account::COMMANDS,
    packaging::COMMANDS,
    debconf::COMMANDS,
];

fn find(name: &str) -> Option<&'static Known> {
    SETS.iter().flat_map(|set| set.iter()).find(|known| known.name == name)
}

/// Runs a command of the set; any other has no effect and is reported. One that the root does not have at all fails as
/// it would there.
pub(super) fn run(shell: &mut Shell<'_, '_>, name: &str, arguments: &[String], streams: &Streams) -> i32 {
    let base = name.rsplit('/').next().unwrap_or(name);
    if let Some(known) = find(base) {
        if known.rule {
            shell.machine.fired(base);
        }
        return (known.run)(shell, arguments, streams);
    }
    if let Some(status) = system::without_effect(base) {
        return status;
    }
    if executable(shell, name).is_none() {
        return 127;
    }
    let mut words = vec![name.to_owned()];
    words.extend(arguments.iter().cloned());
    shell.report(words.join(" "));
    0
}

/// Where the root has a command: at the path given, or in `PATH`.
fn executable(shell: &Shell<'_, '_>, name: &str) -> Option<RootPath> {
    let is_program = |path: &RootPath| {
        let node = shell.machine.root.get(path, true);
        node.is_some_and(|(_, node)| !node.is_directory() && node.mode & 0o111 != 0)
    };
    if name.contains('/') {
        return Some(shell.path(name)).filter(is_program);
    }
    let path = shell.parameter("PATH").unwrap_or_default();
    path.split(':').map(|folder| shell.path(folder).child(name.as_bytes())).find(is_program)
}

/// Options before operands: short ones may stand together, `--` ends them. Values of those in `valued` are kept.
struct Options {
    flags: Vec<(String, Option<String>)>,
    operands: Vec<String>,
}

impl Options {
    fn read(arguments: &[String], valued: &[&str]) -> Self {
        let mut options = Self { flags: Vec::new(), operands: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                options.operands.extend(rest.by_ref().cloned());
            } else if let Some(long) = argument.strip_prefix("--") {
                match long.split_once('=') {
                    Some((name, value)) => options.flags.push((name.to_owned(), Some(value.to_owned()))),
                    None if valued.contains(&long) => {
                        options.flags.push((long.to_owned(), rest.next().cloned()));
                    }
                    None => options.flags.push((long.to_owned(), None)),
                }
            } else if argument.len() > 1 && argument.starts_with('-') {
                let letters = argument[1..].char_indices();
                for (at, letter) in letters {
                    let name = letter.to_string();
                    if valued.contains(&name.as_str()) {
                        let attached = &argument[1 + at + letter.len_utf8()..];
                        let value = if attached.is_empty() {
                            rest.next().cloned()
                        } else {
                            Some(attached.to_owned())
                        };
                        options.flags.push((name, value));
                        break;
                    }
                    options.flags.push((name, None));
                }
            } else {
                options.operands.push(argument.clone());
            }
        }
        options
    }

    fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|(flag, _)| names.contains(&flag.as_str()))
    }

    fn value(&self, names: &[&str]) -> Option<&str> {
        self.flags.iter().rev().find(|(flag, _)| names.contains(&flag.as_str()))?.1.as_deref()
    }
}
