//! What maintainer scripts, triggers and tools make out of what packages ship, made by rule.

mod alternatives;
mod certificates;
mod database;
mod fragments;
mod library;
mod loader;
mod pam;

use casehard_oci::RootPath;

use crate::{
    Flavour, Recipe,
    root::{Node, PackageState, Root},
    script::Machine,
    select::{Picked, Source},
};

pub(crate) use alternatives::Alternatives;
pub(crate) use fragments::accounts;
pub(crate) use library::{Library, large_library, library};

/// What is there before any package: places that package scripts write to.
pub(crate) fn begin(root: &mut Root) {
    for (path, mode) in [("/tmp", 0o1777), ("/etc", 0o755), ("/var/lib/dpkg", 0o755), ("/run", 0o755)] {
        root.make_directories(&at(path));
        if let Some(node) = root.get_mut(&at(path), false) {
            node.mode = mode;
        }
    }
}

/// Makes what is made out of all packages together. Returns the names of the rules that had something to do.
pub(crate) fn finish(
    root: &mut Root,
    machine: &Machine<'_>,
    recipe: &Recipe,
    picked: &[Picked],
    states: &[PackageState],
    sources: &[Source],
) -> Vec<&'static str> {
    let store = machine.store;
    let rules = [
        ("sysusers.d", accounts(root, store, &[])),
        ("tmpfiles.d", fragments::directories(root, store)),
        ("pam profiles", pam::write(root, store)),
        ("certificate bundle", certificates::write(root, store)),
        ("loader cache", loader::write(root, store)),
        ("package sources", recipe.flavour == Flavour::Full && package_sources(root, sources)),
    ];
    database::write(root, machine, recipe.flavour, picked, states);
    rules.into_iter().filter(|(_, fired)| *fired).map(|(name, _)| name).chain(["package database"]).collect()
}

/// Where the packages came from, so that `apt` in the image asks the same place.
fn package_sources(root: &mut Root, sources: &[Source]) -> bool {
    if sources.is_empty() || root.exact(&at("/etc/apt")).is_none() {
        return false;
    }
    let line =
        |source: &Source| format!("deb {} {} {}\n", source.uri, source.suite, source.components.join(" "));
    let text: String = sources.iter().map(line).collect();
    root.put(&at("/etc/apt/sources.list"), Node::file(text, 0o644));
    true
}

/// A path that is written here.
pub(crate) fn at(path: &str) -> RootPath {
    RootPath::root().join_as_kernel(path.as_bytes())
}
