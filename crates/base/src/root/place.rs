//! Placing a package's files into the tree, as `dpkg` unpacks.

use std::collections::BTreeMap;

use casehard_oci::RootPath;

use super::{Content, EntryKind, Kind, Node, Root, Unpacked};

/// What is known of a placed package.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackageState {
    /// Where each tar entry went, by number; nowhere when another package has the path and keeps it.
    pub(crate) places: Vec<Option<RootPath>>,
}

/// A diversion: what any other package brings at a path goes to another (`dpkg-divert(1)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diversion {
    pub(crate) from: RootPath,
    pub(crate) to: RootPath,
    /// The package whose file keeps the path; `:` for a local one.
    pub(crate) package: String,
}

/// Directories that are links into `/usr` on every suite since the merge.
const MERGED: [&str; 7] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "libo32"];

/// Puts what package number `number` installs into the tree. `owners` says which package has a path; a file of two
/// packages stays with the one that replaces the other.
pub(crate) fn place(
    root: &mut Root,
    packages: &[Unpacked],
    number: usize,
    owners: &mut BTreeMap<RootPath, usize>,
    diversions: &[Diversion],
) -> PackageState {
    let package = &packages[number];
    let name = package.control.get("Package").unwrap_or_default();
    let mut state = PackageState::default();
    let mut by_path: BTreeMap<&RootPath, u32> = BTreeMap::new();
    for (member, entry) in package.entries.iter().enumerate() {
        let member = u32::try_from(member).unwrap_or(u32::MAX);
        merge_usr(root, &entry.path);
        let diverted =
            diversions.iter().find(|diversion| diversion.from == entry.path && diversion.package != name);
        let path = diverted.map_or(&entry.path, |diversion| &diversion.to);
        let content = |member: u32, size| Content::Member {
            package: u32::try_from(number).unwrap_or(u32::MAX),
            member,
            size,
        };
        let kind = match &entry.kind {
            EntryKind::Directory => Kind::Directory,
            EntryKind::File { size } => {
                by_path.insert(&entry.path, member);
                Kind::File { content: content(member, *size), shared: false }
            }
            EntryKind::Symlink(target) => Kind::Symlink(target.as_slice().into()),
            EntryKind::Hardlink(first) => {
                let Some((first, size)) = first_name(package, &by_path, first) else {
                    state.places.push(None);
                    continue;
                };
                if let Some(place) = &state.places[first as usize]
                    && let Some(Node { kind: Kind::File { shared, .. }, .. }) =
                        root.get_mut(&place.clone(), false)
                {
                    *shared = true;
                }
                Kind::File { content: content(first, size), shared: true }
            }
            EntryKind::Other => {
                state.places.push(None);
                continue;
            }
        };
        let node = Node {
            kind,
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            mtime: Some(entry.mtime),
            capability: None,
        };
        state.places.push(put(root, packages, number, owners, path, node));
    }
    state
}

fn first_name(package: &Unpacked, by_path: &BTreeMap<&RootPath, u32>, path: &RootPath) -> Option<(u32, u64)> {
    let first = *by_path.get(path)?;
    match package.entries.get(first as usize)?.kind {
        EntryKind::File { size } => Some((first, size)),
        _ => None,
    }
}

fn put(
    root: &mut Root,
    packages: &[Unpacked],
    number: usize,
    owners: &mut BTreeMap<RootPath, usize>,
    path: &RootPath,
    node: Node,
) -> Option<RootPath> {
    if path.is_root() {
        return Some(RootPath::root());
    }
    let real = root.resolve(path, false)?;
    if node.is_directory() {
        // A directory another package has, or a link to one, stays as it is.
        return if root.is_directory(path) { root.resolve(path, true) } else { root.put(path, node) };
    }
    if let Some(owner) = owners.get(&real).copied()
        && owner != number
        && !replaces(&packages[number], &packages[owner])
        && replaces(&packages[owner], &packages[number])
    {
        return None;
    }
    if root.is_directory(&real) && root.below(&real).next().is_some() {
        return None;
    }
    owners.insert(real, number);
    root.put(path, node)
}

/// Whether `newer` may take files over from `older` (Debian policy 7.6.1).
fn replaces(newer: &Unpacked, older: &Unpacked) -> bool {
    let name = older.control.get("Package").unwrap_or_default();
    let version = older.control.get("Version").unwrap_or_default();
    let field = newer.control.get("Replaces").unwrap_or_default();
    let clauses = crate::deb::clauses(field, newer.control.get("Architecture").unwrap_or_default());
    clauses.unwrap_or_default().into_iter().flatten().any(|relation| {
        relation.name == name
            && relation.version.is_none_or(|(operator, bound)| operator.holds(version, &bound))
    })
}

/// Makes `/bin` and its like links into `/usr` before anything is put there. A base that ships them itself does so
/// with the very same links.
fn merge_usr(root: &mut Root, path: &RootPath) {
    let Some(first) = path.components().next() else { return };
    let Some(name) = MERGED.iter().find(|name| name.as_bytes() == first) else { return };
    let link = RootPath::root().child(first);
    if root.exact(&link).is_none() {
        let target = format!("usr/{name}");
        root.make_directories(&RootPath::root().join_as_kernel(target.as_bytes()));
        root.put(&link, Node::symlink(target));
    }
}
