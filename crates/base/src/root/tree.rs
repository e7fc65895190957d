//! The tree: paths to nodes, walked as the kernel walks.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use casehard_oci::RootPath;

/// Symbolic links that a walk follows at most, as Linux does.
const LINKS: usize = 40;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// What a package has as its n-th tar entry.
    Member { package: u32, member: u32, size: u64 },
    /// A file of this machine, which the recipe names.
    Local { path: Arc<std::path::Path>, size: u64 },
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Member { size, .. } | Self::Local { size, .. } => *size,
        }
    }
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    Symlink(Arc<[u8]>),
    /// `shared` says that nodes with the same package member are names of one file.
    File {
        content: Content,
        shared: bool,
    },
    Fifo,
}

/// A node. No time means the time of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: Option<i64>,
    /// A `security.capability` attribute.
    pub(crate) capability: Option<Arc<[u8]>>,
}

impl Node {
    pub(crate) const fn new(kind: Kind, mode: u32) -> Self {
        Self { kind, mode, uid: 0, gid: 0, mtime: None, capability: None }
    }

    pub(crate) fn file(bytes: impl Into<Vec<u8>>, mode: u32) -> Self {
        Self::new(Kind::File { content: Content::Bytes(bytes.into().into()), shared: false }, mode)
    }

    pub(crate) fn symlink(target: impl AsRef<[u8]>) -> Self {
        Self::new(Kind::Symlink(target.as_ref().into()), 0o777)
    }

    pub(crate) const fn directory(mode: u32) -> Self {
        Self::new(Kind::Directory, mode)
    }

    pub(crate) const fn owned(mut self, uid: u32, gid: u32) -> Self {
        (self.uid, self.gid) = (uid, gid);
        self
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }
}

/// The tree. Every parent of a node is a directory node; the root directory itself is not listed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Root(BTreeMap<RootPath, Node>);

impl Root {
    /// Where a path leads: every link on the way is followed, and the last one too when `follow`. A path that does
    /// not exist leads to where it would be made. `None` when links go round.
    pub(crate) fn resolve(&self, path: &RootPath, follow: bool) -> Option<RootPath> {
        let mut links = 0;
        let mut done = RootPath::root();
        let mut rest: Vec<Vec<u8>> = path.components().rev().map(<[u8]>::to_vec).collect();
        while let Some(name) = rest.pop() {
            match &*name {
                b"." | b"" => continue,
                b".." => {
                    done = done.parent().unwrap_or_else(RootPath::root);
                    continue;
                }
                _ => {}
            }
            let next = done.child(&name);
            match self.0.get(&next).map(|node| &node.kind) {
                Some(Kind::Symlink(target)) if follow || !rest.is_empty() => {
                    links += 1;
                    if links > LINKS {
                        return None;
                    }
                    if target.first() == Some(&b'/') {
                        done = RootPath::root();
                    }
                    rest.extend(target.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec));
                }
                _ => done = next,
            }
        }
        Some(done)
    }

    /// The node at exactly this path, no link followed.
    pub(crate) fn exact(&self, path: &RootPath) -> Option<&Node> {
        self.0.get(path)
    }

    /// The node a path leads to, with its real path.
    pub(crate) fn get(&self, path: &RootPath, follow: bool) -> Option<(RootPath, &Node)> {
        let real = self.resolve(path, follow)?;
        let node = self.0.get(&real)?;
        Some((real, node))
    }

    pub(crate) fn get_mut(&mut self, path: &RootPath, follow: bool) -> Option<&mut Node> {
        let real = self.resolve(path, follow)?;
        self.0.get_mut(&real)
    }

    /// Whether a path leads to a directory.
    pub(crate) fn is_directory(&self, path: &RootPath) -> bool {
        match self.resolve(path, true) {
            Some(real) => real.is_root() || self.0.get(&real).is_some_and(Node::is_directory),
            None => false,
        }
    }

    /// Puts a node at the place a path leads to (its last component not followed), making directories on the way.
    /// What stood there goes, unless both are directories, when only the attributes change. Returns the real path.
    pub(crate) fn put(&mut self, path: &RootPath, node: Node) -> Option<RootPath> {
        let real = self.resolve(path, false)?;
        if real.is_root() {
            return None;
        }
        if let Some(parent) = real.parent() {
            self.make_directories(&parent)?;
        }
        if !node.is_directory() {
            self.remove(&real);
        }
        self.0.insert(real.clone(), node);
        Some(real)
    }

    /// Makes a directory and those above it with mode 0755. `None` when something else stands in the way.
    pub(crate) fn make_directories(&mut self, path: &RootPath) -> Option<RootPath> {
        let real = self.resolve(path, true)?;
        let mut missing = vec![real.clone()];
        missing.extend(real.ancestors());
        for directory in missing.into_iter().rev().filter(|directory| !directory.is_root()) {
            match self.0.get(&directory) {
                Some(node) if node.is_directory() => {}
                Some(_) => return None,
                None => {
                    self.0.insert(directory, Node::directory(0o755));
                }
            }
        }
        Some(real)
    }

    /// Removes exactly this path and all below it.
    pub(crate) fn remove(&mut self, path: &RootPath) -> bool {
        let below: Vec<RootPath> = self.below(path).map(|(path, _)| path.clone()).collect();
        for path in &below {
            self.0.remove(path);
        }
        self.0.remove(path).is_some()
    }

    /// Moves exactly this path and all below it to exactly that path.
    pub(crate) fn rename(&mut self, from: &RootPath, to: &RootPath) -> bool {
        if !self.0.contains_key(from) || to.starts_with(from) {
            return false;
        }
        let mut moved = vec![from.clone()];
        moved.extend(self.below(from).map(|(path, _)| path.clone()));
        self.remove(to);
        if let Some(parent) = to.parent() {
            self.make_directories(&parent);
        }
        for path in moved {
            if let (Some(node), Some(rest)) = (self.0.remove(&path), path.strip_prefix(from)) {
                self.0.insert(to.join_as_kernel(rest), node);
            }
        }
        true
    }

    /// Everything below a directory, by path.
    pub(crate) fn below<'a>(
        &'a self,
        path: &RootPath,
    ) -> impl Iterator<Item = (&'a RootPath, &'a Node)> + use<'a> {
        let path = path.clone();
        self.0
            .range((Bound::Excluded(path.clone()), Bound::Unbounded))
            .take_while(move |(other, _)| other.starts_with(&path))
    }

    /// The entries of a directory by name; links to the directory are followed.
    pub(crate) fn children(&self, path: &RootPath) -> Vec<(RootPath, &Node)> {
        let Some(real) = self.resolve(path, true) else { return Vec::new() };
        let depth = real.components().count() + 1;
        self.below(&real)
            .filter(|(path, _)| path.components().count() == depth)
            .map(|(path, node)| (path.clone(), node))
            .collect()
    }

    /// Every node by path.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&RootPath, &Node)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RootPath {
        RootPath::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn links_are_followed_as_the_kernel_does() {
        let mut root = Root::default();
        root.put(&path("/usr/bin"), Node::directory(0o755));
        root.put(&path("/bin"), Node::symlink("usr/bin"));
        root.put(&path("/bin/sh"), Node::symlink("dash"));
        root.put(&path("/bin/dash"), Node::file("x", 0o755));
        assert!(root.exact(&path("/usr/bin/dash")).is_some() && root.exact(&path("/bin/dash")).is_none());
        assert_eq!(root.get(&path("/bin/sh"), true).unwrap().0, path("/usr/bin/dash"));
        assert_eq!(root.get(&path("/bin/sh"), false).unwrap().0, path("/usr/bin/sh"));
        root.put(&path("/up"), Node::symlink("../../../bin/./dash"));
        assert_eq!(root.resolve(&path("/up"), true), Some(path("/usr/bin/dash")));
        root.put(&path("/loop"), Node::symlink("/loop"));
        assert_eq!(root.resolve(&path("/loop/x"), true), None);
        assert_eq!(root.resolve(&path("/bin/new"), true), Some(path("/usr/bin/new")));
        assert!(root.put(&path("/bin/dash/below"), Node::file("", 0)).is_none(), "a file is no directory");
    }

    #[test]
    fn moving_and_removing_take_what_is_below() {
        let mut root = Root::default();
        root.put(&path("/a/b/c"), Node::file("1", 0o644));
        root.put(&path("/a-b"), Node::file("2", 0o644));
        assert!(root.rename(&path("/a"), &path("/x/y")));
        assert!(root.exact(&path("/x/y/b/c")).is_some() && root.exact(&path("/a-b")).is_some());
        assert!(!root.rename(&path("/x"), &path("/x/y/z")), "not into itself");
        assert_eq!(root.children(&path("/x/y")).len(), 1);
        assert!(root.remove(&path("/x")));
        assert_eq!(root.iter().count(), 1);
    }
}
