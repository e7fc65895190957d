//! Where listed files are, and whose each file is.

use casehard_image::{Entry, NodeId, Tree};
use casehard_oci::RootPath;
use hashbrown::{HashMap, HashSet};

use crate::{PackageId, join::Draft};

/// Finds listed paths in the tree.
pub(crate) struct Places<'a> {
    tree: &'a Tree,
    /// Directories as listed, and where they are: lists name many files of few directories.
    directories: HashMap<RootPath, Option<Entry<'a>>>,
    /// Paths that dpkg moved, with where to and the package that is not concerned.
    diversions: HashMap<RootPath, (RootPath, Box<[u8]>)>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(tree: &'a Tree) -> Self {
        Self { tree, directories: HashMap::new(), diversions: HashMap::new() }
    }

    /// Takes note of diversions in the database of a root.
    pub(crate) fn divert(&mut self, base: &RootPath, all: &[[Box<[u8]>; 3]]) {
        for [from, to, package] in all {
            let from = base.join_as_kernel(from);
            self.diversions.insert(from, (base.join_as_kernel(to), package.clone()));
        }
    }

    /// The entry that `path` of `package` means. Symbolic links among its directories are followed (a list may say
    /// `/bin/x` where the tree has `/usr/bin/x`); a link at the end is the entry.
    pub(crate) fn find(&mut self, base: &RootPath, path: &[u8], package: Option<&str>) -> Option<Entry<'a>> {
        let mut path = base.join_as_kernel(path);
        if let Some((to, by)) = self.diversions.get(&path)
            && package.is_none_or(|package| **by != *package.as_bytes())
        {
            path = to.clone();
        }
        let name = path.file_name()?;
        let parent = path.parent()?;
        let directory = match self.directories.get(&parent) {
            Some(known) => *known,
            None => {
                let found = self.tree.get(&parent).filter(|entry| entry.is_directory());
                let found =
                    found.or_else(|| self.tree.resolve(&parent).entry.filter(|entry| entry.is_directory()));
                self.directories.insert(parent, found);
                found
            }
        };
        directory?.child(name)
    }
}

/// Settles whose each file is: as listed, then below the nearest claimed directory, then what Python compiled.
/// Fills in the drafts' `files`; returns the owners sorted by entry.
pub(crate) fn assign(tree: &Tree, drafts: &mut [Draft]) -> Vec<(NodeId, PackageId)> {
    let id = |at: usize| PackageId(u32::try_from(at).unwrap_or(u32::MAX));
    let mut owners: Vec<(NodeId, PackageId)> = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        owners.extend(draft.files.iter().map(|node| (*node, id(at))));
    }
    below(tree, drafts, &mut owners);
    owners.sort_unstable();
    owners.dedup();
    compiled_python(tree, &mut owners);
    owners.sort_unstable();
    owners.dedup();
    for draft in drafts.iter_mut() {
        draft.package.files = std::mem::take(&mut draft.files);
        draft.package.files.clear();
    }
    for (node, package) in &owners {
        drafts[package.index()].package.files.push(*node);
    }
    for (at, draft) in drafts.iter().enumerate() {
        owners.extend(draft.package.records.iter().map(|node| (*node, id(at))));
    }
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// No more packages than this share what stands below a directory.
const MOST_CLAIMS: usize = 8;

/// What stands below claimed directories goes to the nearest claim.
fn below(tree: &Tree, drafts: &[Draft], owners: &mut Vec<(NodeId, PackageId)>) {
    let mut claims: HashMap<NodeId, Vec<PackageId>> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        for directory in &draft.below {
            let claim = claims.entry(*directory).or_default();
            if claim.len() < MOST_CLAIMS {
                claim.push(PackageId(u32::try_from(at).unwrap_or(u32::MAX)));
            }
        }
    }
    if claims.is_empty() {
        return;
    }
    let mut stack: Vec<(Entry<'_>, Option<NodeId>)> = vec![(tree.root(), None)];
    while let Some((entry, claim)) = stack.pop() {
        let claim = if claims.contains_key(&entry.id()) { Some(entry.id()) } else { claim };
        for package in claim.and_then(|claim| claims.get(&claim)).into_iter().flatten() {
            owners.push((entry.id(), *package));
        }
        if entry.is_directory() {
            stack.extend(entry.children().map(|child| (child, claim)));
        }
    }
}

/// `__pycache__/NAME.TAG.pyc` (PEP 3147) belongs to whom `NAME.py` beside the directory belongs to, when nobody lists it.
fn compiled_python(tree: &Tree, owners: &mut Vec<(NodeId, PackageId)>) {
    let listed: HashSet<NodeId> = owners.iter().map(|(node, _)| *node).collect();
    let sorted = owners.len();
    for cache in tree.walk().filter(|entry| entry.is_directory() && entry.name() == b"__pycache__") {
        let Some(directory) = cache.parent() else { continue };
        let mut of_cache: Vec<PackageId> = Vec::new();
        for compiled in cache.children().filter(|entry| !listed.contains(&entry.id())) {
            let stem = compiled.name().split(|byte| *byte == b'.').next().unwrap_or_default();
            let Some(source) = directory.child(&[stem, b".py"].concat()) else { continue };
            let start = owners[..sorted].partition_point(|(node, _)| *node < source.id());
            let of_source = owners[start..sorted].iter().take_while(|(node, _)| *node == source.id());
            let of_source: Vec<PackageId> = of_source.map(|(_, package)| *package).collect();
            of_cache.extend(&of_source);
            owners.extend(of_source.into_iter().map(|package| (compiled.id(), package)));
        }
        of_cache.sort_unstable();
        of_cache.dedup();
        owners.extend(of_cache.into_iter().map(|package| (cache.id(), package)));
    }
}
