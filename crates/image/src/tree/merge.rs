//! Laying layers on each other.
//!
//! What the specification leaves open is decided as container runtimes do: a path whose directory is a symbolic link is
//! followed inside the root (also to a lower layer's directory), a directory that is missing is made up with mode
//! 0755, anything replaces anything except that a directory keeps what it holds when a directory comes onto it, and a
//! hardlink has the owner, mode and attributes of the file it names. Whiteouts and opaque marks hide lower layers only,
//! wherever in their layer they stand.

use std::collections::HashSet;

use casehard_oci::RootPath;

use super::{
    node::{ELSEWHERE, LayerContent, MADE_UP, Meta, NONE, Node, ROOT, Shared, Tree, Type, reserve},
    resolve::components,
};
use crate::{Head, Kind, Limits, Mark, Xattrs};

/// Links followed on the way to an entry's directory.
const MAX_LINKS: usize = 40;
/// Components of link targets that are walked in all of an image. Forty long links on the way to each of a million
/// entries would keep a reader busy for days; real images need some thousands.
const MAX_STEPS: u64 = 50_000_000;

/// Why an entry cannot be laid onto the tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// What should be a directory is something else.
    #[error("{path} stands below {directory}, which is no directory")]
    NotDirectory {
        /// The entry.
        path: RootPath,
        /// What is no directory.
        directory: RootPath,
    },
    /// Too many symbolic links on the way.
    #[error("{0} goes through more than 40 symbolic links")]
    Links(RootPath),
    /// A hardlink to nothing, or to a directory.
    #[error("{path} is a hardlink to {target}, which is no file before it")]
    Hardlink {
        /// The entry.
        path: RootPath,
        /// What it names.
        target: RootPath,
    },
    /// Symbolic links on the way to entries take too long to follow.
    #[error("following the symbolic links on the way to {0} takes more than {MAX_STEPS} steps so far")]
    Steps(RootPath),
    /// The root must be a directory.
    #[error("the root of the image is something else than a directory")]
    Root,
    /// Symbolic links lead deeper than the limit.
    #[error("{path} lies deeper than {limit} directories")]
    Depth {
        /// The entry.
        path: RootPath,
        /// The limit.
        limit: usize,
    },
    /// Too many entries.
    #[error("the image has more than {0} entries")]
    Entries(u64),
    /// Names, link targets and attributes take too much memory.
    #[error("the names, link targets and attributes of the image take more than {0} bytes")]
    Metadata(u64),
}

/// A tree in the making.
#[derive(Debug)]
pub(crate) struct Merge {
    tree: Tree,
    limits: Limits,
    layer: u16,
    entries: u64,
    metadata: u64,
    /// Components of link targets that have been walked.
    steps: u64,
    /// Directories of which this layer has hidden what lower layers have.
    hidden: HashSet<u32>,
    /// The directory of the last entry, by its path as written: entries of a directory follow each other.
    nearby: Option<(RootPath, u32)>,
    /// Inodes that have lost their last name since this was last emptied.
    pub(crate) dead: Vec<u32>,
}

impl Merge {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            tree: Tree::new(),
            limits: *limits,
            layer: 0,
            entries: 0,
            metadata: 0,
            steps: 0,
            hidden: HashSet::new(),
            nearby: None,
            dead: Vec::new(),
        }
    }

    /// What follows belongs to this layer.
    pub(crate) fn begin(&mut self, layer: u16) {
        self.layer = layer;
        self.hidden.clear();
    }

    /// The complete tree.
    pub(crate) fn finish(mut self) -> Tree {
        self.tree.sort();
        let mut links: Vec<(u32, u32)> =
            self.tree.inodes.iter().map(|(node, inode)| (*inode, *node)).collect();
        links.sort_unstable();
        self.tree.links = links;
        self.tree
    }

    /// Lays an entry onto the tree; returns the inode of what it made, if it is an entry of its own.
    pub(crate) fn apply(&mut self, head: &Head, ordinal: u32) -> Result<Option<u32>, MergeError> {
        let content = self.content();
        match head.mark {
            Mark::Present => content.entries += 1,
            Mark::Whiteout | Mark::Opaque => content.whiteouts += 1,
        }
        if head.kind == Kind::File && head.mark == Mark::Present {
            content.bytes += head.size;
        }
        match head.mark {
            Mark::Opaque => {
                if let Some(directory) = self.look_up(&head.path)?
                    && self.tree.node(directory).kind == Type::Directory
                {
                    self.hide(directory, false);
                }
                Ok(None)
            }
            Mark::Whiteout => {
                let Some(directory) = head.path.parent() else { return Err(MergeError::Root) };
                if let Some(directory) = self.look_up(&directory)?
                    && let Some(node) = self.tree.find(directory, head.path.file_name().unwrap_or_default())
                {
                    self.hide(node, true);
                }
                Ok(None)
            }
            Mark::Present => self.place(head, ordinal).map(Some),
        }
    }

    fn content(&mut self) -> &mut LayerContent {
        let layer = usize::from(self.layer);
        if self.tree.contents.len() <= layer {
            self.tree.contents.resize(layer + 1, LayerContent::default());
        }
        &mut self.tree.contents[layer]
    }

    fn place(&mut self, head: &Head, ordinal: u32) -> Result<u32, MergeError> {
        self.count()?;
        let Some(name) = head.path.file_name() else {
            if head.kind != Kind::Directory {
                return Err(MergeError::Root);
            }
            self.set_metadata(ROOT, head, ordinal)?;
            return Ok(ROOT);
        };
        let parent = self.parent(&head.path)?;
        if let Kind::Hardlink(target) = &head.kind {
            return self.link(parent, name, &head.path, target, ordinal);
        }
        let kind = type_of(&head.kind);
        let node = self.make_room(parent, name, kind)?;
        if kind != Type::Directory {
            self.set_payload(node, head)?;
        }
        self.set_metadata(node, head, ordinal)?;
        Ok(node)
    }

    /// A node for `name`, with nothing of what stood there before except what a directory holds.
    fn make_room(&mut self, parent: u32, name: &[u8], kind: Type) -> Result<u32, MergeError> {
        let hash = self.tree.hash(parent, name);
        let Some(node) = self.tree.find_hashed(hash, parent, name) else {
            return self.new_node(hash, parent, name, kind);
        };
        let old = self.tree.node(node).kind;
        if old == Type::Directory && kind == Type::Directory {
            return Ok(node);
        }
        if old == Type::Directory || self.tree.inodes.contains_key(&node) {
            self.remove_tree(node);
            return self.new_node(hash, parent, name, kind);
        }
        self.nearby = None;
        self.lose(node);
        let node_mut = self.tree.node_mut(node);
        node_mut.kind = kind;
        node_mut.payload = if kind == Type::Directory { NONE } else { 0 };
        Ok(node)
    }

    /// `hash` is that of `parent` and `name`.
    fn new_node(&mut self, hash: u64, parent: u32, name: &[u8], kind: Type) -> Result<u32, MergeError> {
        self.charge(name.len())?;
        let tree = &mut self.tree;
        let node = u32::try_from(tree.nodes.len()).unwrap_or(NONE);
        reserve(&mut tree.nodes, 1);
        tree.nodes.push(Node {
            parent,
            name: u32::try_from(tree.names.len()).unwrap_or(NONE),
            next: NONE,
            payload: if kind == Type::Directory { NONE } else { 0 },
            meta: 0,
            mtime: 0,
            ordinal: MADE_UP,
            layer: self.layer,
            // Longer names do not reach the tree: see `Limits::NAME`.
            name_length: u8::try_from(name.len()).unwrap_or(u8::MAX),
            kind,
        });
        reserve(&mut tree.names, name.len());
        tree.names.extend_from_slice(name);
        tree.insert(hash, node);
        Ok(node)
    }

    fn set_payload(&mut self, node: u32, head: &Head) -> Result<(), MergeError> {
        let payload = match &head.kind {
            Kind::Symlink(target) => {
                self.charge(target.len() + 4)?;
                let at = self.tree.targets.len();
                let length = u32::try_from(target.len()).unwrap_or(0);
                self.tree.targets.extend_from_slice(&length.to_le_bytes());
                self.tree.targets.extend_from_slice(target);
                u32::try_from(at).unwrap_or(0)
            }
            Kind::CharDevice { major, minor } | Kind::BlockDevice { major, minor } => {
                self.tree.devices.push((*major, *minor));
                u32::try_from(self.tree.devices.len() - 1).unwrap_or(0)
            }
            Kind::File => match u32::try_from(head.size) {
                Ok(size) if size != ELSEWHERE => size,
                _ => {
                    self.tree.large.insert(node, head.size);
                    ELSEWHERE
                }
            },
            Kind::Directory | Kind::Fifo | Kind::Hardlink(_) => 0,
        };
        self.tree.node_mut(node).payload = payload;
        Ok(())
    }

    fn set_metadata(&mut self, node: u32, head: &Head, ordinal: u32) -> Result<(), MergeError> {
        let xattrs = if head.xattrs.is_empty() { 0 } else { self.intern_xattrs(&head.xattrs)? };
        let mode = u16::try_from(head.mode & 0o7777).unwrap_or(0);
        let (meta, _) = self.tree.metas.intern(Meta { mode, uid: head.uid, gid: head.gid, xattrs });
        let layer = self.layer;
        let mtime = match u32::try_from(head.mtime) {
            Ok(time) if time != ELSEWHERE => time,
            _ => {
                self.tree.odd_times.insert(node, head.mtime);
                ELSEWHERE
            }
        };
        let node = self.tree.node_mut(node);
        (node.meta, node.mtime, node.ordinal, node.layer) = (meta, mtime, ordinal, layer);
        Ok(())
    }

    fn intern_xattrs(&mut self, xattrs: &Xattrs) -> Result<u32, MergeError> {
        let (place, new) = self.tree.xattrs.intern(xattrs.clone());
        if new {
            self.charge(xattrs.iter().map(|(name, value)| name.len() + value.len() + 64).sum())?;
        }
        Ok(place)
    }

    fn link(
        &mut self,
        parent: u32,
        name: &[u8],
        path: &RootPath,
        target: &RootPath,
        ordinal: u32,
    ) -> Result<u32, MergeError> {
        let missing = || MergeError::Hardlink { path: path.clone(), target: target.clone() };
        let directory = target.parent().ok_or_else(missing)?;
        let source = match self.look_up(&directory)? {
            Some(directory) => self.tree.find(directory, target.file_name().unwrap_or_default()),
            None => None,
        };
        let source = source.ok_or_else(missing)?;
        let from = *self.tree.node(source);
        if from.kind == Type::Directory {
            return Err(missing());
        }
        if self.tree.find(parent, name) == Some(source) {
            return Ok(self.tree.inode_of(source));
        }
        let (size, mtime) =
            (self.tree.large.get(&source).copied(), self.tree.odd_times.get(&source).copied());
        let inode = *self.tree.inodes.entry(source).or_insert(source);
        let shared = Shared { layer: from.layer, ordinal: from.ordinal, links: 1 };
        // Counted before room is made: that may remove the name that is linked to.
        self.tree.shared.entry(inode).or_insert(shared).links += 1;
        let node = self.make_room(parent, name, from.kind)?;
        self.tree.inodes.insert(node, inode);
        if let Some(size) = size {
            self.tree.large.insert(node, size);
        }
        if let Some(mtime) = mtime {
            self.tree.odd_times.insert(node, mtime);
        }
        let layer = self.layer;
        let node = self.tree.node_mut(node);
        (node.payload, node.meta, node.mtime) = (from.payload, from.meta, from.mtime);
        (node.ordinal, node.layer) = (ordinal, layer);
        Ok(inode)
    }

    /// The directory that `path` stands in; missing ones are made up.
    fn parent(&mut self, path: &RootPath) -> Result<u32, MergeError> {
        if let Some((nearby, node)) = &self.nearby
            && path.stands_in(nearby)
        {
            return Ok(*node);
        }
        let Some(directory) = path.parent() else { return Ok(ROOT) };
        let node = self.follow(&directory, path, true)?.unwrap_or(ROOT);
        self.nearby = Some((directory, node));
        Ok(node)
    }

    /// The node at `path`, every symbolic link followed, nothing made up.
    fn look_up(&mut self, path: &RootPath) -> Result<Option<u32>, MergeError> {
        if let Some((nearby, node)) = &self.nearby
            && nearby == path
        {
            return Ok(Some(*node));
        }
        self.follow(path, path, false)
    }

    fn follow(&mut self, path: &RootPath, entry: &RootPath, make: bool) -> Result<Option<u32>, MergeError> {
        let (mut here, mut depth, mut links) = (ROOT, 0, 0);
        // Components still to go, the next one last; targets of links are added to it.
        let mut rest: Vec<Vec<u8>> = Vec::new();
        let mut own = path.components();
        loop {
            let popped = rest.pop();
            let name: &[u8] = match &popped {
                Some(name) => name,
                None => match own.next() {
                    Some(name) => name,
                    None => return Ok(Some(here)),
                },
            };
            if name == b".." {
                here = self.tree.node(here).parent;
                depth = usize::saturating_sub(depth, 1);
                continue;
            }
            let hash = self.tree.hash(here, name);
            let next = match self.tree.find_hashed(hash, here, name) {
                Some(next) => next,
                None if !make => return Ok(None),
                None if depth >= self.limits.depth => {
                    return Err(MergeError::Depth { path: entry.clone(), limit: self.limits.depth });
                }
                None => {
                    self.count()?;
                    self.new_node(hash, here, name, Type::Directory)?
                }
            };
            match self.tree.node(next).kind {
                Type::Directory => {
                    here = next;
                    depth += 1;
                }
                Type::Symlink => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(MergeError::Links(entry.clone()));
                    }
                    let target = self.tree.target_of(next);
                    if target.first() == Some(&b'/') {
                        (here, depth) = (ROOT, 0);
                    }
                    let before = rest.len();
                    rest.extend(components(target).rev().map(<[u8]>::to_vec));
                    self.steps += (rest.len() - before) as u64;
                    if self.steps > MAX_STEPS {
                        return Err(MergeError::Steps(entry.clone()));
                    }
                }
                _ if !make => return Ok(None),
                _ => {
                    let directory = super::Entry { tree: &self.tree, node: next }.path();
                    return Err(MergeError::NotDirectory { path: entry.clone(), directory });
                }
            }
        }
    }

    /// Removes what lower layers have below `top`, and `top` too if it is theirs and `itself` is set. A lower
    /// layer's directory that holds entries of this layer stays, as if it had been made up for them.
    fn hide(&mut self, top: u32, itself: bool) {
        let layer = self.layer;
        let theirs = itself && self.tree.node(top).layer < layer;
        if !self.hidden.insert(top) && !theirs {
            return;
        }
        let below = self.subtree(top);
        let mut needed = HashSet::new();
        for node in below.into_iter().rev().filter(|node| *node != top || theirs) {
            let parent = self.tree.node(node).parent;
            if self.tree.node(node).layer == layer {
                needed.insert(parent);
            } else if needed.contains(&node) {
                needed.insert(parent);
                let node = self.tree.node_mut(node);
                (node.meta, node.mtime, node.ordinal, node.layer) = (0, 0, MADE_UP, layer);
            } else {
                self.remove(node);
            }
        }
    }

    fn remove_tree(&mut self, top: u32) {
        for node in self.subtree(top).into_iter().rev() {
            self.remove(node);
        }
    }

    /// `top` and everything below it, directories first.
    fn subtree(&self, top: u32) -> Vec<u32> {
        let mut nodes = vec![top];
        let mut at = 0;
        while let Some(node) = nodes.get(at).copied() {
            let mut next = self.tree.first_child(node);
            while next != NONE {
                if self.tree.node(next).parent != NONE {
                    nodes.push(next);
                }
                next = self.tree.node(next).next;
            }
            at += 1;
        }
        nodes
    }

    /// Takes one node out. It stays in its directory's list, marked, until the tree is complete: finding it there
    /// would take time with each of its neighbours.
    fn remove(&mut self, node: u32) {
        self.nearby = None;
        self.lose(node);
        self.tree.forget(node);
        self.tree.node_mut(node).parent = NONE;
    }

    /// What a node was is gone; if that was the last name of a file, the file is dead.
    fn lose(&mut self, node: u32) {
        self.tree.large.remove(&node);
        self.tree.odd_times.remove(&node);
        let Some(inode) = self.tree.inodes.remove(&node) else {
            self.dead.push(node);
            return;
        };
        if let Some(shared) = self.tree.shared.get_mut(&inode) {
            shared.links -= 1;
            if shared.links == 0 {
                self.tree.shared.remove(&inode);
                self.dead.push(inode);
            }
        }
    }

    fn count(&mut self) -> Result<(), MergeError> {
        self.entries += 1;
        if self.entries > self.limits.entries.min(u64::from(NONE - 2)) {
            return Err(MergeError::Entries(self.limits.entries));
        }
        Ok(())
    }

    /// Offsets into the blobs are four bytes, so there is a limit even if none is set.
    fn charge(&mut self, bytes: usize) -> Result<(), MergeError> {
        self.metadata += bytes as u64;
        if self.metadata > self.limits.metadata.min(u64::from(NONE - 1)) {
            return Err(MergeError::Metadata(self.limits.metadata));
        }
        Ok(())
    }
}

const fn type_of(kind: &Kind) -> Type {
    match kind {
        Kind::File | Kind::Hardlink(_) => Type::File,
        Kind::Symlink(_) => Type::Symlink,
        Kind::Directory => Type::Directory,
        Kind::CharDevice { .. } => Type::Char,
        Kind::BlockDevice { .. } => Type::Block,
        Kind::Fifo => Type::Fifo,
    }
}
