//! What a tree says of one path.

use std::{fmt, sync::Arc};

use casehard_oci::RootPath;

use super::node::{ELSEWHERE, MADE_UP, NONE, ROOT, Tree, Type};
use crate::{Kind, Xattrs};

/// Which node of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Its place in a list that has one for each node ([`Tree::capacity`]).
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The node of that place.
    #[must_use]
    pub fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(NONE))
    }
}

/// One path of a tree.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(super) tree: &'a Tree,
    pub(super) node: u32,
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({})", self.path())
    }
}

impl Tree {
    /// The root directory (made up with mode 0755 when no layer has it).
    #[must_use]
    pub fn root(&self) -> Entry<'_> {
        Entry { tree: self, node: ROOT }
    }

    /// The entry at a path, no symbolic link followed.
    #[must_use]
    pub fn get(&self, path: &RootPath) -> Option<Entry<'_>> {
        path.components().try_fold(self.root(), Entry::child)
    }

    /// The entry of that number.
    #[must_use]
    pub fn entry(&self, node: NodeId) -> Entry<'_> {
        Entry { tree: self, node: node.0 }
    }

    /// A number above that of every node.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.nodes.len()
    }

    /// Every entry below the root, a directory before what it holds, entries of a directory by name.
    pub fn walk(&self) -> impl Iterator<Item = Entry<'_>> {
        self.root().below()
    }
}

impl<'a> Entry<'a> {
    fn at(self, node: u32) -> Option<Self> {
        (node != NONE).then_some(Self { tree: self.tree, node })
    }

    /// Its number in this tree; names of one file have different ones.
    #[must_use]
    pub const fn id(self) -> NodeId {
        NodeId(self.node)
    }

    /// Its path, links on the way not followed.
    #[must_use]
    pub fn path(self) -> RootPath {
        let mut names: Vec<&[u8]> =
            std::iter::successors(Some(self), |entry| entry.parent()).map(Self::name).collect();
        names.pop();
        names.reverse();
        // Names are single components, so this cannot leave the root or hold NUL.
        RootPath::parse(&names.join(&b'/')).unwrap_or_else(|_| RootPath::root())
    }

    /// Its last component; empty for the root.
    #[must_use]
    pub fn name(self) -> &'a [u8] {
        self.tree.name_of(self.node)
    }

    /// What it is. A further name of a file is a [`Kind::File`] like the first.
    #[must_use]
    pub fn kind(self) -> Kind {
        let node = self.tree.node(self.node);
        let device = || self.tree.devices.get(node.payload as usize).copied().unwrap_or_default();
        match node.kind {
            Type::File => Kind::File,
            Type::Symlink => Kind::Symlink(Arc::from(self.tree.target_of(self.node))),
            Type::Directory => Kind::Directory,
            Type::Char => Kind::CharDevice { major: device().0, minor: device().1 },
            Type::Block => Kind::BlockDevice { major: device().0, minor: device().1 },
            Type::Fifo => Kind::Fifo,
        }
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_directory(self) -> bool {
        self.tree.node(self.node).kind == Type::Directory
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(self) -> bool {
        self.tree.node(self.node).kind == Type::File
    }

    /// Whether it is a symbolic link.
    #[must_use]
    pub fn is_symlink(self) -> bool {
        self.tree.node(self.node).kind == Type::Symlink
    }

    /// For a symbolic link: its target as written.
    #[must_use]
    pub fn link_target(self) -> Option<Arc<[u8]>> {
        self.is_symlink().then(|| Arc::from(self.tree.target_of(self.node)))
    }

    /// Permission bits with setuid, setgid and sticky.
    #[must_use]
    pub fn mode(self) -> u32 {
        u32::from(self.tree.meta_of(self.node).mode)
    }

    /// Owner.
    #[must_use]
    pub fn uid(self) -> u32 {
        self.tree.meta_of(self.node).uid
    }

    /// Group.
    #[must_use]
    pub fn gid(self) -> u32 {
        self.tree.meta_of(self.node).gid
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn mtime(self) -> i64 {
        match self.tree.node(self.node).mtime {
            ELSEWHERE => self.tree.odd_times.get(&self.node).copied().unwrap_or_default(),
            time => i64::from(time),
        }
    }

    /// Bytes of content; 0 for what is no regular file.
    #[must_use]
    pub fn size(self) -> u64 {
        match self.tree.node(self.node) {
            node if node.kind != Type::File => 0,
            node if node.payload == ELSEWHERE => self.tree.large.get(&self.node).copied().unwrap_or_default(),
            node => u64::from(node.payload),
        }
    }

    /// Extended attributes.
    #[must_use]
    pub fn xattrs(self) -> &'a Xattrs {
        self.tree.xattrs.get(self.tree.meta_of(self.node).xattrs)
    }

    /// The layer that has it, from 0.
    #[must_use]
    pub fn layer(self) -> usize {
        usize::from(self.tree.node(self.node).layer)
    }

    /// Which entry of its layer it is, from 0; `None` for a directory that no layer has.
    #[must_use]
    pub fn ordinal(self) -> Option<u32> {
        let ordinal = self.tree.node(self.node).ordinal;
        (ordinal != MADE_UP).then_some(ordinal)
    }

    /// The same number for all names of one file.
    #[must_use]
    pub fn inode(self) -> u32 {
        self.tree.inode_of(self.node)
    }

    /// The number of its names.
    #[must_use]
    pub fn links(self) -> u32 {
        match self.tree.inodes.get(&self.node) {
            Some(inode) => self.tree.shared.get(inode).map_or(1, |shared| shared.links),
            None => 1,
        }
    }

    /// For a file with several names: the layer, and which entry of it, that has its bytes. Their path may have
    /// been replaced since.
    #[must_use]
    pub fn bytes_at(self) -> Option<(usize, u32)> {
        let inode = self.tree.inodes.get(&self.node)?;
        let shared = self.tree.shared.get(inode)?;
        Some((usize::from(shared.layer), shared.ordinal))
    }

    /// All names of its file, this one among them.
    pub fn names(self) -> impl Iterator<Item = Self> + use<'a> {
        let inode = self.inode();
        let links = &self.tree.links;
        let from = links.partition_point(|(other, _)| *other < inode);
        let shared =
            links[from..].iter().take_while(move |(other, _)| *other == inode).map(|(_, node)| *node);
        let alone = if self.tree.inodes.contains_key(&self.node) { None } else { Some(self.node) };
        alone.into_iter().chain(shared).map(move |node| Self { tree: self.tree, node })
    }

    /// The directory it stands in; `None` for the root.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        (self.node != ROOT).then(|| Self { tree: self.tree, node: self.tree.node(self.node).parent })
    }

    /// For a directory: its entry of that name.
    #[must_use]
    pub fn child(self, name: &[u8]) -> Option<Self> {
        self.tree.find(self.node, name).and_then(|node| self.at(node))
    }

    /// For a directory: its entries by name.
    pub fn children(self) -> impl Iterator<Item = Self> + use<'a> {
        let first = self.at(self.tree.first_child(self.node));
        std::iter::successors(first, |entry| entry.at(entry.tree.node(entry.node).next))
    }

    /// Every entry below this one, a directory before what it holds, entries of a directory by name.
    pub fn below(self) -> impl Iterator<Item = Self> + use<'a> {
        let first = self.at(self.tree.first_child(self.node));
        std::iter::successors(first, move |entry| {
            if let Some(child) = entry.at(entry.tree.first_child(entry.node)) {
                return Some(child);
            }
            let mut entry = *entry;
            loop {
                let node = entry.tree.node(entry.node);
                if node.next != NONE {
                    return entry.at(node.next);
                }
                entry = entry.parent()?;
                if entry.node == self.node {
                    return None;
                }
            }
        })
    }
}
