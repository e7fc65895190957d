//! Following symbolic links inside the root, as the kernel does (`path_resolution(7)`).

use casehard_oci::RootPath;

use super::{
    entry::Entry,
    node::{Tree, Type},
};

/// Links the kernel follows before it answers `ELOOP`.
const MAX_LINKS: usize = 40;

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
    /// Follows a path as the kernel does, inside the root, at most 40 links.
    #[must_use]
    pub fn resolve(&self, path: &RootPath) -> Resolved<'_> {
        let mut links = Vec::new();
        let mut here = self.root();
        // Components still to go, the next one last.
        let mut rest: Vec<Vec<u8>> = path.components().rev().map(<[u8]>::to_vec).collect();
        while let Some(name) = rest.pop() {
            if name == b".." {
                here = here.parent().unwrap_or_else(|| self.root());
                continue;
            }
            let dangling = |links, rest: Vec<Vec<u8>>| {
                let path = rest.iter().rev().fold(here.path().child(&name), |path, name| path.child(name));
                Resolved { links, entry: None, path }
            };
            let Some(next) = here.child(&name) else { return dangling(links, rest) };
            match self.node(next.node).kind {
                Type::Symlink => {
                    if links.len() == MAX_LINKS {
                        return dangling(links, rest);
                    }
                    links.push(next);
                    let target = self.target_of(next.node);
                    if target.first() == Some(&b'/') {
                        here = self.root();
                    }
                    rest.extend(components(target).rev().map(<[u8]>::to_vec));
                }
                Type::Directory => here = next,
                _ if rest.is_empty() => here = next,
                _ => return dangling(links, rest),
            }
        }
        Resolved { links, entry: Some(here), path: here.path() }
    }
}

/// The components of a link's target, `..` among them. What follows a NUL the kernel never sees.
pub(super) fn components(target: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let end = target.iter().position(|byte| *byte == 0).unwrap_or(target.len());
    target[..end].split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}
