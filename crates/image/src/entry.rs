//! One entry of a layer: what its tar header says, with the bytes left out.

use std::{collections::BTreeMap, sync::Arc};

use casehard_oci::RootPath;

/// Extended attributes by full name (`security.capability`, `user.x`), raw values.
pub type Xattrs = BTreeMap<Box<[u8]>, Box<[u8]>>;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A regular file.
    File,
    /// Another name of the file at this path.
    Hardlink(RootPath),
    /// A symbolic link with its target as written.
    Symlink(Arc<[u8]>),
    /// A directory.
    Directory,
    /// A character device.
    CharDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
}

/// What an entry of a layer says about lower layers (OCI image specification, `layer.md`, section *Whiteouts*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is an entry of its own.
    Present,
    /// `.wh.NAME`: what lower layers have at [`Head::path`] (already without the prefix) is gone.
    Whiteout,
    /// `.wh..wh..opq`: what lower layers have below [`Head::path`] (the directory) is gone.
    Opaque,
}

/// The header of one entry, PAX and GNU extensions applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Where it stands.
    pub path: RootPath,
    /// Whether it is an entry or a whiteout.
    pub mark: Mark,
    /// What it is.
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky: `0o0000..=0o7777`.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Seconds since 1970.
    pub mtime: i64,
    /// Bytes of content (logical size: holes of a sparse file count).
    pub size: u64,
    /// Extended attributes.
    pub xattrs: Xattrs,
}
