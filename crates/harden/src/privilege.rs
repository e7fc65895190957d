//! Entrypoints that start as root only to give it up, known by what they do.

use casehard_image::Tree;
use casehard_oci::{Container, RootPath, escape};
use casehard_profile::Profile;

/// System calls that change the user (`credentials(7)`).
const BECOME: [&str; 3] = ["setuid", "setreuid", "setresuid"];

/// The command that an entrypoint becomes after it has given up root, when the run shows that it does just that: the
/// program that the container starts ran as root, changed users, and what then ran, as somebody else and never as
/// root, is the program that its own last arguments name. `None` when it did anything else.
pub(crate) fn after_the_drop(container: &Container, tree: &Tree, profile: &Profile) -> Option<Vec<String>> {
    let argv = container.argv();
    if !BECOME.iter().any(|name| profile.syscalls.contains(*name)) || profile.syscalls.contains("chroot") {
        return None;
    }
    let starter = program(container, tree, argv.first()?)?;
    let ran_as = |path: &RootPath, root: bool| {
        profile.users.0.iter().any(|(who, programs)| (who.uid == 0) == root && programs.contains(path))
    };
    if !ran_as(&starter, true) {
        return None;
    }
    (1..argv.len()).map(|at| &argv[at..]).find_map(|rest| {
        let started = program(container, tree, rest.first()?)?;
        let words: Vec<String> = rest.iter().map(|word| escape(word.as_bytes()).into_owned()).collect();
        let was_so_called = profile.programs.get(&started)?.contains(&words);
        let is_it = started != starter && was_so_called && ran_as(&started, false) && !ran_as(&started, true);
        is_it.then(|| rest.to_vec())
    })
}

/// The file that a word of a command line starts, links followed.
fn program(container: &Container, tree: &Tree, word: &str) -> Option<RootPath> {
    let directory = RootPath::root().join_as_kernel(container.working_dir.as_bytes());
    let is_program = |path: RootPath| {
        let found = tree.resolve(&path).entry.filter(|entry| entry.is_file() && entry.mode() & 0o111 != 0);
        found.map(casehard_image::Entry::path)
    };
    if word.contains('/') {
        return is_program(directory.join_as_kernel(word.as_bytes()));
    }
    let mut search = container.env("PATH").unwrap_or(crate::config::DEFAULT_PATH).split(':');
    search.find_map(|place| is_program(directory.join_as_kernel(place.as_bytes()).child(word.as_bytes())))
}
