//! What is left of each package: the fact on which our own statements rest.

use super::Absence;
use casehard_image::Tree;
use casehard_inventory::Inventory;
use casehard_oci::RootPath;
use std::collections::BTreeMap;

/// The packages of `before` (with its tree `tree`) of which the image with the tree `after` holds nothing, or nothing that
/// could be run or loaded, by package URL.
///
/// The files decide and not the package database, which hardening rewrites. A package without files is not named: there is
/// nothing whose absence could be seen. Packages that share a URL (two copies of one) are absent only if all are.
#[must_use]
pub fn absent_packages(before: &Inventory, tree: &Tree, after: &Tree) -> BTreeMap<String, Absence> {
    let mut absent: BTreeMap<String, Option<Absence>> = BTreeMap::new();
    for package in &before.packages {
        // The database that lists a distribution's packages is no part of any.
        let found_in = package.found_in.iter().filter(|_| !package.ecosystem.is_distribution());
        let nodes = package.files.iter().chain(found_in);
        let files = nodes
            .map(|node| tree.entry(*node))
            .filter(|entry| !entry.is_directory())
            .map(casehard_image::Entry::path);
        let verdict = absence(files, |path| after.get(path).is_some());
        absent
            .entry(package.purl.clone())
            .and_modify(|known| *known = (*known).zip(verdict).map(|(a, b)| a.max(b)))
            .or_insert(verdict);
    }
    absent.into_iter().filter_map(|(purl, absence)| Some((purl, absence?))).collect()
}

/// What is absent of a package with these files. `None` if code may be left, or there were no files.
fn absence(files: impl Iterator<Item = RootPath>, is_left: impl Fn(&RootPath) -> bool) -> Option<Absence> {
    let mut verdict = None;
    for path in files {
        let left = is_left(&path);
        if left && !is_inert(&path) {
            return None;
        }
        verdict = verdict.max(Some(if left { Absence::Code } else { Absence::Component }));
    }
    verdict
}

/// Whether a file is documentation or a package manager's record, by its place. Whatever else is left may be code: what a
/// file is used for cannot be told from its name.
fn is_inert(path: &RootPath) -> bool {
    const PLACES: &[&[u8]] = &[
        b"usr/share/doc/",
        b"usr/share/man/",
        b"usr/share/info/",
        b"usr/share/licenses/",
        b"usr/share/lintian/",
        b"var/lib/dpkg/",
        b"lib/apk/db/",
        b"usr/lib/apk/db/",
        b"var/lib/rpm/",
        b"usr/lib/sysimage/rpm/",
    ];
    let bytes = path.as_bytes();
    let bytes = bytes.strip_prefix(b"/").unwrap_or(bytes);
    PLACES.iter().any(|place| bytes.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::{Absence, absence};
    use casehard_oci::RootPath;

    #[test]
    fn files_decide() {
        let paths = |names: &[&str]| -> Vec<RootPath> {
            names.iter().map(|name| RootPath::root().join_as_kernel(name.as_bytes())).collect()
        };
        let files = ["usr/lib/libx.so.1", "usr/share/doc/x/copyright"];
        for (left, expected) in [
            (&[][..], Some(Absence::Component)),
            (&["usr/share/doc/x/copyright"][..], Some(Absence::Code)),
            (&["usr/lib/libx.so.1"][..], None),
            (&files[..], None),
        ] {
            let left = paths(left);
            assert_eq!(absence(paths(&files).into_iter(), |path| left.contains(path)), expected, "{left:?}");
        }
        assert_eq!(absence(std::iter::empty(), |_| false), None);
    }
}
