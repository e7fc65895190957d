//! What a container of the image starts.

use casehard_image::{Entry, Tree};
use casehard_inventory::Inventory;
use casehard_oci::{Container, RootPath};

use crate::shells::is_posix_shell;

/// What a container of the image starts.
#[derive(Debug)]
pub(crate) enum Start<'a> {
    /// Nothing: no entrypoint, no command.
    Nothing,
    /// This file.
    Program(Entry<'a>),
    /// A name or path that leads to nothing.
    Missing(String),
    /// A file that may not be executed.
    NotExecutable(Entry<'a>),
    /// A script whose interpreter is not there.
    NoInterpreter(Entry<'a>, String),
    /// A script whose first line ends as on Windows.
    WindowsLine(Entry<'a>),
    /// A file that is neither a program nor a script.
    NoProgram(Entry<'a>),
}

impl<'a> Start<'a> {
    pub(crate) fn of(container: &Container, tree: &'a Tree, inventory: &'a Inventory) -> Self {
        let argv = container.argv();
        let Some(name) = argv.first().filter(|name| !name.is_empty()) else { return Self::Nothing };
        let folder = RootPath::root().join_as_kernel(container.working_dir.as_bytes());
        let path =
            container.env("PATH").unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        let Some(entry) = find(name, path, &folder, tree) else { return Self::Missing(name.clone()) };
        if !entry.is_file() {
            return Self::Missing(name.clone());
        }
        if entry.mode() & 0o111 == 0 {
            return Self::NotExecutable(entry);
        }
        if let Some(script) = inventory.script(entry) {
            if script.carriage_return {
                return Self::WindowsLine(entry);
            }
            let interpreter = RootPath::root().join_as_kernel(&script.interpreter);
            if tree.resolve(&interpreter).entry.is_none() {
                return Self::NoInterpreter(entry, String::from_utf8_lossy(&script.interpreter).into_owned());
            }
            let program = String::from_utf8_lossy(script.program()).into_owned();
            if find(&program, path, &folder, tree).is_none() {
                return Self::NoInterpreter(entry, program);
            }
            return Self::Program(entry);
        }
        if inventory.elf(entry).is_none() {
            return Self::NoProgram(entry);
        }
        Self::Program(entry)
    }

    /// The file that a shell is told to start with `-c`, where that is plain: an absolute path as first word.
    pub(crate) fn of_shell(argv: &[String]) -> Option<&str> {
        let [shell, option, text] = argv else { return None };
        if !is_posix_shell(shell) || option != "-c" {
            return None;
        }
        let text = text.trim_start();
        let text = text.strip_prefix("exec ").unwrap_or(text);
        let word = text.split_whitespace().next()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
        (word.starts_with('/') && word.chars().all(plain)).then_some(word)
    }

    /// The file that is started, when it can be.
    pub(crate) const fn program(&self) -> Option<Entry<'a>> {
        match self {
            Self::Program(entry) => Some(*entry),
            _ => None,
        }
    }
}

/// What `execvp` takes, links followed.
fn find<'a>(name: &str, path: &str, folder: &RootPath, tree: &'a Tree) -> Option<Entry<'a>> {
    let at = |path: &RootPath| tree.resolve(path).entry;
    if name.contains('/') {
        return at(&folder.join_as_kernel(name.as_bytes()));
    }
    path.split(':').find_map(|place| {
        let place = folder.join_as_kernel(place.as_bytes());
        at(&place.join_as_kernel(name.as_bytes())).filter(|entry| entry.is_file())
    })
}
