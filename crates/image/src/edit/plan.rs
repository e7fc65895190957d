//! Which entry of which layer is written, under which name.

use std::collections::{BTreeMap, HashMap};

use casehard_oci::RootPath;

use super::{Addition, Change, Edit};
use crate::{Entry, Head, Kind, Mark, NodeId, Tree};

/// What is done with an image, worked out.
pub(super) struct Plan<'a> {
    tree: &'a Tree,
    /// Changes by inode.
    changes: HashMap<u32, Change>,
    /// For each layer which of its entries are written, by their ordinals, and as which nodes; sorted. There may be
    /// millions, so a link to another node stands in `links`.
    pub layers: Vec<Vec<(u32, NodeId)>>,
    /// Nodes that are written as hardlinks, and the nodes that have the content.
    pub links: HashMap<NodeId, NodeId>,
    /// For each layer, directories that no entry of it makes and that are written nevertheless, sorted.
    pub loose: Vec<Vec<NodeId>>,
    /// Where each node stands in the order of the tree.
    places: Vec<u32>,
    /// What is put in, where symbolic links on the way lead to.
    pub additions: BTreeMap<RootPath, &'a Addition>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(tree: &'a Tree, edit: &'a Edit<'_>, layers: usize) -> Self {
        let mut plan = Self {
            tree,
            changes: HashMap::new(),
            layers: vec![Vec::new(); layers],
            links: HashMap::new(),
            loose: vec![Vec::new(); layers],
            places: places(tree),
            additions: resolved_additions(tree, &edit.additions),
        };
        for (path, change) in &edit.changes {
            let Some(entry) = tree.get(path) else { continue };
            let merged = plan.changes.entry(entry.inode()).or_default();
            let Change { mode, uid, gid, xattrs } = change.clone();
            merged.mode = mode.or(merged.mode);
            merged.uid = uid.or(merged.uid);
            merged.gid = gid.or(merged.gid);
            merged.xattrs = xattrs.or(merged.xattrs.take());
        }
        let kept = plan.kept(edit);
        plan.schedule(&kept);
        plan
    }

    /// Marks what stays: what is wanted and not replaced. Directories that only hold something are not marked.
    fn kept(&self, edit: &Edit<'_>) -> Vec<bool> {
        let mut kept = vec![false; self.tree.capacity()];
        // The directory, replaced, that the walk is in.
        let mut replaced: Option<RootPath> = None;
        let any = !self.additions.is_empty();
        for entry in std::iter::once(self.tree.root()).chain(self.tree.walk()) {
            if any {
                let path = entry.path();
                if replaced.as_ref().is_some_and(|top| path.starts_with(top)) {
                    continue;
                }
                if let Some(addition) = self.additions.get(&path)
                    && !(addition.kind == Kind::Directory && entry.is_directory())
                {
                    replaced = Some(path);
                    continue;
                }
            }
            kept[entry.id().0 as usize] = (edit.keep)(entry);
        }
        kept
    }

    fn schedule(&mut self, kept: &[bool]) {
        let tree = self.tree;
        let is_kept = |entry: &Entry<'_>| kept[entry.id().0 as usize];
        // Directories below which something is written.
        let mut holding = vec![false; kept.len()];
        for entry in tree.walk().filter(|entry| is_kept(entry)) {
            for directory in std::iter::successors(entry.parent(), |directory| directory.parent()) {
                if std::mem::replace(&mut holding[directory.id().0 as usize], true) {
                    break;
                }
            }
        }
        let carriers = self.carriers(is_kept);
        for entry in tree.walk().filter(is_kept) {
            if entry.is_directory() {
                // A directory that holds something is written with what it holds.
                if !holding[entry.id().0 as usize] {
                    self.add(entry.layer(), entry.ordinal(), entry.id());
                }
                continue;
            }
            let carrier = carriers.get(&entry.inode());
            match (entry.bytes_at(), carrier) {
                (Some((layer, ordinal)), Some(carrier)) if *carrier == entry.id() => {
                    self.add(layer, Some(ordinal), entry.id());
                }
                (Some(_), Some(carrier)) => {
                    self.links.insert(entry.id(), *carrier);
                    self.add(entry.layer(), entry.ordinal(), entry.id());
                }
                _ => self.add(entry.layer(), entry.ordinal(), entry.id()),
            }
        }
        for actions in &mut self.layers {
            actions.sort_unstable_by_key(|(ordinal, _)| *ordinal);
        }
    }

    /// The nodes that are written of a layer, in the order of the tree, and the ranks of those that no entry makes and then
    /// of those that its entries bring, as they come.
    pub(super) fn order(&self, layer: usize) -> (Vec<NodeId>, Vec<u32>) {
        let nodes = || self.loose[layer].iter().chain(self.layers[layer].iter().map(|(_, node)| node));
        let mut arrivals: Vec<(u32, u32)> =
            nodes().zip(0..).map(|(node, arrival)| (self.places[node.0 as usize], arrival)).collect();
        arrivals.sort_unstable();
        let arrived: Vec<NodeId> = nodes().copied().collect();
        let mut ranks = vec![0; arrived.len()];
        let order = arrivals.iter().zip(0..).map(|((_, arrival), rank)| {
            ranks[*arrival as usize] = rank;
            arrived[*arrival as usize]
        });
        (order.collect(), ranks)
    }

    /// For each file with several names the one that its bytes are written under: the kept one that stands first in the
    /// tree, best in the layer that has the bytes. It may be another than the one that has them there, which may be dropped.
    fn carriers(&self, is_kept: impl Fn(&Entry<'_>) -> bool) -> HashMap<u32, NodeId> {
        let mut first = HashMap::new();
        for entry in self.tree.walk().filter(is_kept) {
            let Some(bytes) = entry.bytes_at() else { continue };
            let rank = (entry.layer() != bytes.0, self.places[entry.id().0 as usize], entry.id());
            let best = first.entry(entry.inode()).or_insert(rank);
            *best = rank.min(*best);
        }
        first.into_iter().map(|(inode, (_, _, node))| (inode, node)).collect()
    }

    fn add(&mut self, layer: usize, ordinal: Option<u32>, node: NodeId) {
        match ordinal {
            Some(ordinal) => self.layers[layer].push((ordinal, node)),
            None => self.loose[layer].push(node),
        }
    }

    /// The header of a node as it is written.
    pub(super) fn head(&self, node: NodeId) -> Head {
        let entry = self.tree.entry(node);
        let change = self.changes.get(&entry.inode());
        Head {
            path: entry.path(),
            mark: Mark::Present,
            kind: entry.kind(),
            mode: change.and_then(|change| change.mode).unwrap_or_else(|| entry.mode()),
            uid: change.and_then(|change| change.uid).unwrap_or_else(|| entry.uid()),
            gid: change.and_then(|change| change.gid).unwrap_or_else(|| entry.gid()),
            mtime: entry.mtime(),
            size: entry.size(),
            xattrs: change.and_then(|change| change.xattrs.clone()).unwrap_or_else(|| entry.xattrs().clone()),
        }
    }

    /// Whether the root directory has an entry of its own: a layer need not have one.
    pub(super) fn writes_root(&self) -> bool {
        let root = self.tree.root();
        root.ordinal().is_some() || self.changes.contains_key(&root.inode())
    }

    pub(super) const fn tree(&self) -> &'a Tree {
        self.tree
    }
}

fn places(tree: &Tree) -> Vec<u32> {
    let mut places = vec![0; tree.capacity()];
    for (entry, place) in tree.walk().zip(1..) {
        places[entry.id().0 as usize] = place;
    }
    places
}

/// Additions with the symbolic links on the way to them followed, as writing through the path would.
fn resolved_additions<'a>(
    tree: &Tree,
    additions: &'a BTreeMap<RootPath, Addition>,
) -> BTreeMap<RootPath, &'a Addition> {
    let resolved = |path: &RootPath| match (path.parent(), path.file_name()) {
        // A link that this edit itself replaces is not followed.
        (Some(parent), Some(name)) if !path.ancestors().any(|above| additions.contains_key(&above)) => {
            tree.resolve(&parent).path.child(name)
        }
        _ => path.clone(),
    };
    additions.iter().map(|(path, addition)| (resolved(path), addition)).collect()
}
