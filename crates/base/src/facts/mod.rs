//! What maintainer scripts, triggers and tools make out of what packages ship, made by rule.

mod alternatives;
mod library;

pub(crate) use alternatives::Alternatives;
pub(crate) use library::{Library, library};

use casehard_oci::RootPath;

use crate::{
    Recipe,
    root::{Node, PackageState, Root},
    script::Machine,
    select::{Picked, Source},
};

/// What [`finish`] makes, whatever the packages.
pub(crate) const FINISHED: &[&str] = &[];

/// What is there before any package: places that package scripts write to.
pub(crate) fn begin(root: &mut Root) {
    for (path, mode) in [("/tmp", 0o1777), ("/etc", 0o755), ("/var/lib/dpkg", 0o755), ("/run", 0o755)] {
        root.make_directories(&at(path));
        if let Some(node) = root.get_mut(&at(path), false) {
            node.mode = mode;
        }
    }
}

/// What is made out of all packages together.
pub(crate) fn finish(
    _root: &mut Root,
    _machine: &Machine<'_>,
    _recipe: &Recipe,
    _picked: &[Picked],
    _states: &[PackageState],
    _sources: &[Source],
    _date: i64,
) {
}

/// A path that is written here.
pub(crate) fn at(path: &str) -> RootPath {
    RootPath::root().join_as_kernel(path.as_bytes())
}
