//! The bytes behind a tree: of packages, of the recipe's own files, and made up.

use std::{cell::RefCell, collections::BTreeMap, fs, io::Read, sync::Arc};

use casehard_oci::RootPath;

use super::{Content, Kind, Root, Unpacked};

/// Files larger than this are not read by rules and scripts.
const LIMIT: u64 = 4 << 20;
/// Small files of a package are kept once one of them was asked for.
const KEPT: u64 = 8 << 10;

/// The packages a tree refers to, and the files of theirs that somebody read.
pub(crate) struct Store<'a> {
    pub(crate) packages: &'a [Unpacked],
    read: RefCell<BTreeMap<(u32, u32), Arc<[u8]>>>,
}

impl<'a> Store<'a> {
    pub(crate) const fn new(packages: &'a [Unpacked]) -> Self {
        Self { packages, read: RefCell::new(BTreeMap::new()) }
    }

    /// The bytes of a content; `None` when they cannot be read or are too many for what reads them here.
    pub(crate) fn bytes(&self, content: &Content) -> Option<Arc<[u8]>> {
        match content {
            Content::Bytes(bytes) => Some(bytes.clone()),
            _ if content.size() > LIMIT => None,
            Content::Local { path, .. } => fs::read(path).ok().map(Into::into),
            Content::Member { package, member, .. } => {
                let key = (*package, *member);
                if let Some(bytes) = self.read.borrow().get(&key) {
                    return Some(bytes.clone());
                }
                self.load(*package, *member)?;
                self.read.borrow().get(&key).cloned()
            }
        }
    }

    /// The bytes of the file a path leads to.
    pub(crate) fn file(&self, root: &Root, path: &RootPath) -> Option<Arc<[u8]>> {
        match &root.get(path, true)?.1.kind {
            Kind::File { content, .. } => self.bytes(content),
            _ => None,
        }
    }

    /// The text of the file a path leads to.
    pub(crate) fn text(&self, root: &Root, path: &RootPath) -> Option<String> {
        self.file(root, path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn load(&self, package: u32, member: u32) -> Option<()> {
        let unpacked = self.packages.get(package as usize)?;
        let mut archive = unpacked.deb.data().ok()?;
        for (number, entry) in archive.entries().ok()?.enumerate() {
            let mut entry = entry.ok()?;
            let number = u32::try_from(number).ok()?;
            if entry.header().entry_type().is_file() && (entry.size() <= KEPT || number == member) {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).ok()?;
                self.read.borrow_mut().insert((package, number), bytes.into());
            }
        }
        Some(())
    }
}
