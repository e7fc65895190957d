//! What to do with an image.

use std::collections::BTreeMap;

use casehard_oci::{ImageConfig, RootPath};

use crate::{Entry, Xattrs};

/// What becomes of an entry that stays; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// New permission bits.
    pub mode: Option<u32>,
    /// New owner.
    pub uid: Option<u32>,
    /// New group.
    pub gid: Option<u32>,
    /// New extended attributes.
    pub xattrs: Option<Xattrs>,
}

/// What is put into the image, in a layer of its own on top: new, or in place of an entry and of what is below it. A
/// directory put onto a directory gives it new metadata and leaves what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// What it is; a file's bytes are in `content`.
    pub kind: crate::Kind,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Seconds since 1970.
    pub mtime: i64,
    /// The bytes of a file.
    pub content: Vec<u8>,
}

/// What to do with an image. Everything not named stays exactly as it is.
pub struct Edit<'a> {
    /// Which entries of the merged tree stay. A directory stays as long as something below it stays.
    pub keep: &'a (dyn Fn(Entry<'_>) -> bool + Sync),
    /// What changes about entries that stay. All names of one file change together.
    pub changes: BTreeMap<RootPath, Change>,
    /// What is put in.
    pub additions: BTreeMap<RootPath, Addition>,
    /// The new configuration. Its `rootfs` is filled in; each history entry that has a layer is kept in step with
    /// the layers that remain, and one entry is added for the additions.
    pub config: ImageConfig,
    /// Annotations of the new manifest.
    pub annotations: BTreeMap<String, String>,
}
