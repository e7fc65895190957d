//! How a tree is stored: one flat list of 32-byte nodes, names in one blob, and what few nodes have beside it.
//!
//! An image may have millions of files, so nothing is allocated for a single node.

use std::{
    collections::{BTreeMap, HashMap},
    hash::BuildHasher as _,
};

use hashbrown::DefaultHashBuilder;

use super::{intern::Interned, lookup::Lookup};
use crate::Xattrs;

/// No node.
pub(super) const NONE: u32 = u32::MAX;
/// The root directory.
pub(super) const ROOT: u32 = 0;
/// In [`Node::payload`] and [`Node::mtime`]: the value does not fit and stands in a table.
pub(super) const ELSEWHERE: u32 = u32::MAX;
/// The ordinal of a directory that no layer has, made up because something stands below it.
pub(super) const MADE_UP: u32 = u32::MAX;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    File,
    Symlink,
    Directory,
    Char,
    Block,
    Fifo,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub parent: u32,
    /// Where its name starts in the blob of names.
    pub name: u32,
    /// The next entry of the directory.
    pub next: u32,
    /// File: size. Symbolic link: where its target starts. Directory: first entry. Device: place of its numbers.
    pub payload: u32,
    /// Place of mode, owner and extended attributes.
    pub meta: u32,
    pub mtime: u32,
    /// Which entry of its layer it is.
    pub ordinal: u32,
    pub layer: u16,
    pub name_length: u8,
    pub kind: Type,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Meta {
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Place of the extended attributes.
    pub xattrs: u32,
}

/// A file with several names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared {
    /// The layer that has its bytes.
    pub layer: u16,
    /// Which entry of that layer has them.
    pub ordinal: u32,
    /// How many names are left.
    pub links: u32,
}

/// What one layer has, whether or not upper layers replace or remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerContent {
    /// Entries, whiteouts not counted.
    pub entries: u64,
    /// Whiteouts and opaque marks.
    pub whiteouts: u64,
    /// Bytes of files.
    pub bytes: u64,
}

/// The merged root file system of an image: each path with what its top-most layer says of it.
#[derive(Debug)]
pub struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<u8>,
    /// Targets of symbolic links, each after its length as four bytes.
    pub(super) targets: Vec<u8>,
    pub(super) devices: Vec<(u32, u32)>,
    pub(super) metas: Interned<Meta>,
    pub(super) xattrs: Interned<Xattrs>,
    lookup: Lookup,
    hasher: DefaultHashBuilder,
    /// Sizes of 4 GiB and more.
    pub(super) large: BTreeMap<u32, u64>,
    /// Times before 1970 and after 2106.
    pub(super) odd_times: BTreeMap<u32, i64>,
    /// The inodes of nodes that share one; any other node's inode is itself.
    pub(super) inodes: HashMap<u32, u32>,
    pub(super) shared: BTreeMap<u32, Shared>,
    /// (inode, node) of nodes that share an inode, sorted; filled when the tree is complete.
    pub(super) links: Vec<(u32, u32)>,
    pub(super) length: usize,
    pub(super) contents: Vec<LayerContent>,
}

/// Room for `more` elements, by a quarter of what there is: lists of millions would waste half when they doubled.
pub(super) fn reserve<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 4));
    }
}

impl Tree {
    pub(super) fn new() -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            names: Vec::new(),
            targets: Vec::new(),
            devices: Vec::new(),
            metas: Interned::default(),
            xattrs: Interned::default(),
            lookup: Lookup::default(),
            hasher: DefaultHashBuilder::default(),
            large: BTreeMap::new(),
            odd_times: BTreeMap::new(),
            inodes: HashMap::new(),
            shared: BTreeMap::new(),
            links: Vec::new(),
            length: 0,
            contents: Vec::new(),
        };
        let (xattrs, _) = tree.xattrs.intern(Xattrs::new());
        let (meta, _) = tree.metas.intern(Meta { mode: 0o755, uid: 0, gid: 0, xattrs });
        tree.nodes.push(Node {
            parent: ROOT,
            name: 0,
            next: NONE,
            payload: NONE,
            meta,
            mtime: 0,
            ordinal: MADE_UP,
            layer: 0,
            name_length: 0,
            kind: Type::Directory,
        });
        tree
    }

    pub(super) fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    pub(super) fn node_mut(&mut self, node: u32) -> &mut Node {
        &mut self.nodes[node as usize]
    }

    pub(super) fn name_of(&self, node: u32) -> &[u8] {
        let node = self.node(node);
        &self.names[node.name as usize..][..usize::from(node.name_length)]
    }

    pub(super) fn target_of(&self, node: u32) -> &[u8] {
        let at = self.node(node).payload as usize;
        let length = self.targets[at..at + 4].try_into().map_or(0, u32::from_le_bytes);
        &self.targets[at + 4..][..length as usize]
    }

    pub(super) fn meta_of(&self, node: u32) -> Meta {
        *self.metas.get(self.node(node).meta)
    }

    pub(super) fn inode_of(&self, node: u32) -> u32 {
        if self.inodes.is_empty() { node } else { self.inodes.get(&node).copied().unwrap_or(node) }
    }

    pub(super) fn hash(&self, parent: u32, name: &[u8]) -> u64 {
        self.hasher.hash_one((parent, name))
    }

    /// The entry `name` of the directory `parent`.
    pub(super) fn find(&self, parent: u32, name: &[u8]) -> Option<u32> {
        self.find_hashed(self.hash(parent, name), parent, name)
    }

    /// As [`Self::find`], with the hash of both.
    pub(super) fn find_hashed(&self, hash: u64, parent: u32, name: &[u8]) -> Option<u32> {
        let same = |node: u32| self.node(node).parent == parent && self.name_of(node) == name;
        self.lookup.find(hash, same)
    }

    /// Puts a node, which has parent and name already, into its directory. `hash` is that of both.
    pub(super) fn insert(&mut self, hash: u64, node: u32) {
        if self.lookup.is_full() {
            self.refill(node);
        }
        let parent = self.node(node).parent;
        self.lookup.insert(hash, node);
        let first = self.node(parent).payload;
        self.node_mut(node).next = first;
        self.node_mut(parent).payload = node;
        self.length += 1;
    }

    /// Gives the look-up more room. `fresh`, the last node, is not in it yet.
    fn refill(&mut self, fresh: u32) {
        self.lookup.enlarge();
        for node in ROOT + 1..fresh {
            // What was removed has no parent any more.
            let parent = self.node(node).parent;
            if parent != NONE {
                let hash = self.hash(parent, self.name_of(node));
                self.lookup.insert(hash, node);
            }
        }
    }

    /// Takes a node out of the look-up, not out of its directory's list.
    pub(super) fn forget(&mut self, node: u32) {
        let hash = self.hash(self.node(node).parent, self.name_of(node));
        self.length -= usize::from(self.lookup.remove(hash, node));
    }

    /// The first entry of a directory.
    pub(super) fn first_child(&self, node: u32) -> u32 {
        let node = self.node(node);
        if node.kind == Type::Directory { node.payload } else { NONE }
    }

    /// Sorts the entries of every directory by name.
    pub(super) fn sort(&mut self) {
        let mut children = Vec::new();
        for directory in 0..self.nodes.len() {
            let directory = u32::try_from(directory).unwrap_or(NONE);
            if self.node(directory).kind != Type::Directory {
                continue;
            }
            children.clear();
            let mut next = self.first_child(directory);
            while next != NONE {
                // What was removed has no parent any more.
                if self.node(next).parent == directory {
                    children.push(next);
                }
                next = self.node(next).next;
            }
            children.sort_unstable_by(|a, b| self.name_of(*a).cmp(self.name_of(*b)));
            let mut next = NONE;
            for child in children.iter().rev() {
                self.node_mut(*child).next = next;
                next = *child;
            }
            self.node_mut(directory).payload = next;
        }
    }

    /// What a layer has, upper layers left out of account.
    #[must_use]
    pub fn content_of_layer(&self, layer: usize) -> LayerContent {
        self.contents.get(layer).copied().unwrap_or_default()
    }

    /// The number of entries below the root.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing is below the root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}
