//! The configuration of the result.

use casehard_image::Tree;
use casehard_oci::{Container, RootPath};

/// What runtimes use when an image sets no `PATH`.
pub(crate) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Words that a POSIX shell does not look up as a program (POSIX.1-2024, XCU 2.4 and 2.15, and the regular
/// built-ins that no program need stand for).
const NOT_PROGRAMS: &[&str] = &[
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until",
    "while", ".", ":", "break", "continue", "eval", "exit", "export", "readonly", "return", "set", "shift",
    "times", "trap", "unset", "alias", "bg", "cd", "command", "fc", "fg", "getopts", "hash", "jobs", "read",
    "type", "ulimit", "umask", "unalias", "wait", "local", "source", "function", "select", "time", "[[",
];

/// The program that `argv` starts through a shell, when the shell does provably nothing else: `sh -c 'exec gunicorn
/// app:app'` is `gunicorn app:app`. A word that a shell would expand, split or interpret makes it unprovable.
#[must_use]
pub fn exec_form(argv: &[String], path: Option<&str>, tree: &Tree) -> Option<Vec<String>> {
    let [shell, flag, command] = argv else { return None };
    let is_shell = matches!(shell.rsplit('/').next(), Some("sh" | "bash" | "dash" | "ash"));
    if !is_shell || flag != "-c" {
        return None;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || " \t_-./:,+@%^".contains(c) || c == '=';
    if !command.chars().all(plain) {
        return None;
    }
    let mut words: Vec<String> = command.split_ascii_whitespace().map(str::to_owned).collect();
    if words.first().is_some_and(|word| word == "exec") {
        words.remove(0);
    }
    let program = words.first()?;
    // `NAME=value` before a command sets a variable.
    if program.contains('=') || program.starts_with('-') || NOT_PROGRAMS.contains(&program.as_str()) {
        return None;
    }
    let is_program = |path: RootPath| {
        tree.resolve(&path).entry.is_some_and(|entry| entry.is_file() && entry.mode() & 0o111 != 0)
    };
    let found = if program.contains('/') {
        program.starts_with('/') && is_program(RootPath::root().join_as_kernel(program.as_bytes()))
    } else {
        let search = path.unwrap_or(DEFAULT_PATH).split(':');
        let mut search = search.map(|directory| RootPath::root().join_as_kernel(directory.as_bytes()));
        search.any(|directory| is_program(directory.child(program.as_bytes())))
    };
    found.then_some(words)
}

/// The container configuration with shell forms turned into exec forms where that is provably the same. A workload is
/// profiled and verified with the result, so that the shell is not taken for used.
#[must_use]
pub fn without_shell_forms(container: &Container, tree: &Tree) -> Container {
    let mut new = container.clone();
    let path = container.env("PATH");
    match (&container.entrypoint, &container.cmd) {
        // With a shell-form entrypoint the command is ignored by the shell: its words are `$0` and further.
        (Some(entrypoint), _) => {
            if let Some(argv) = exec_form(entrypoint, path, tree) {
                new.entrypoint = Some(argv);
                new.cmd = None;
            }
        }
        (None, Some(command)) => {
            if let Some(argv) = exec_form(command, path, tree) {
                new.cmd = Some(argv);
            }
        }
        (None, None) => {}
    }
    if let Some(check) = &mut new.healthcheck
        && let [kind, command] = check.test.as_slice()
        && kind == "CMD-SHELL"
    {
        let shell = ["/bin/sh".to_owned(), "-c".to_owned(), command.clone()];
        if let Some(argv) = exec_form(&shell, path, tree) {
            check.test = std::iter::once("CMD".to_owned()).chain(argv).collect();
        }
    }
    new
}
