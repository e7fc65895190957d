//! The merged root file system of an image.

use std::sync::Arc;

use casehard_oci::RootPath;

use crate::{Kind, Xattrs};

/// Which node of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// The merged root file system of an image: each path with what its top-most layer says of it.
#[derive(Debug)]
pub struct Tree(());

/// One path of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    tree: &'a Tree,
    node: NodeId,
}

/// Where a path leads when every symbolic link on the way, and the last, is followed inside the root.
#[derive(Debug, Clone)]
pub struct Resolved<'a> {
    /// The symbolic links that were followed, in order.
    pub links: Vec<Entry<'a>>,
    /// Where it ends; `None` when it dangles or the links are a cycle.
    pub entry: Option<Entry<'a>>,
    /// Where it ends, whether or not something is there.
    pub path: RootPath,
}

impl Tree {
    /// The root directory (made up with mode 0755 when no layer has it).
    #[must_use]
    pub fn root(&self) -> Entry<'_> {
        Entry { tree: self, node: NodeId(0) }
    }
    /// The entry at a path, no symbolic link followed.
    #[must_use]
    pub fn get(&self, _path: &RootPath) -> Option<Entry<'_>> {
        todo!()
    }
    /// Follows a path as the kernel does, inside the root, at most 40 links.
    #[must_use]
    pub fn resolve(&self, _path: &RootPath) -> Resolved<'_> {
        todo!()
    }
    /// Every entry below the root, a directory before what it holds, entries of a directory by name.
    pub fn walk(&self) -> impl Iterator<Item = Entry<'_>> {
        std::iter::once(self.root())
    }
    /// The number of entries below the root.
    #[must_use]
    pub fn len(&self) -> usize {
        todo!()
    }
    /// Whether nothing is below the root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[expect(clippy::missing_const_for_fn, reason = "in the making")]
impl<'a> Entry<'a> {
    /// Its number in this tree; names of one file have different ones.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.node
    }
    /// Its path, links on the way not followed.
    #[must_use]
    pub fn path(self) -> RootPath {
        let _ = self.tree;
        todo!()
    }
    /// Its last component.
    #[must_use]
    pub fn name(self) -> &'a [u8] {
        todo!()
    }
    /// What it is. A further name of a file is a [`Kind::File`] like the first.
    #[must_use]
    pub fn kind(self) -> Kind {
        todo!()
    }
    /// Whether it is a directory.
    #[must_use]
    pub fn is_directory(self) -> bool {
        self.kind() == Kind::Directory
    }
    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(self) -> bool {
        self.kind() == Kind::File
    }
    /// For a symbolic link: its target as written.
    #[must_use]
    pub fn link_target(self) -> Option<Arc<[u8]>> {
        match self.kind() {
            Kind::Symlink(target) => Some(target),
            _ => None,
        }
    }
    /// Permission bits with setuid, setgid and sticky.
    #[must_use]
    pub fn mode(self) -> u32 {
        todo!()
    }
    /// Owner.
    #[must_use]
    pub fn uid(self) -> u32 {
        todo!()
    }
    /// Group.
    #[must_use]
    pub fn gid(self) -> u32 {
        todo!()
    }
    /// Seconds since 1970.
    #[must_use]
    pub fn mtime(self) -> i64 {
        todo!()
    }
    /// Bytes of content.
    #[must_use]
    pub fn size(self) -> u64 {
        todo!()
    }
    /// Extended attributes.
    #[must_use]
    pub fn xattrs(self) -> &'a Xattrs {
        todo!()
    }
    /// The layer that has it, from 0.
    #[must_use]
    pub fn layer(self) -> usize {
        todo!()
    }
    /// The same number for all names of one file.
    #[must_use]
    pub fn inode(self) -> u32 {
        todo!()
    }
    /// The number of its names.
    #[must_use]
    pub fn links(self) -> u32 {
        todo!()
    }
    /// All names of its file, this one among them.
    pub fn names(self) -> impl Iterator<Item = Self> + use<'a> {
        std::iter::once(self)
    }
    /// The directory it stands in; `None` for the root.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        todo!()
    }
    /// For a directory: its entry of that name.
    #[must_use]
    pub fn child(self, _name: &[u8]) -> Option<Self> {
        todo!()
    }
    /// For a directory: its entries by name.
    pub fn children(self) -> impl Iterator<Item = Self> + use<'a> {
        std::iter::once(self)
    }
}
