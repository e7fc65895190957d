//! Writing entries into a folder that nobody else writes into: no name on the way to an entry is a link, since each was
//! made here and stands in the merged tree as a directory.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::{self, Read},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags};

use super::flat::Flattened;
use crate::{Head, Kind, WriteError, edit::Sink};

/// A folder in the making.
pub(super) struct Folder {
    place: PathBuf,
    /// Their metadata comes last: what is put into them would change it.
    directories: Vec<Head>,
    pub done: Flattened,
    /// Only root may give files away and make devices.
    is_root: bool,
}

impl Folder {
    pub(super) fn new(place: &Path) -> Self {
        let is_root = rustix::process::geteuid().is_root();
        Self { place: place.to_owned(), directories: Vec::new(), done: Flattened::default(), is_root }
    }

    fn at(&self, head: &Head) -> PathBuf {
        if head.path.is_root() {
            return self.place.clone();
        }
        self.place.join(OsStr::from_bytes(head.path.as_bytes()))
    }

    /// Gives directories their metadata, the deepest first.
    pub(super) fn finish(mut self) -> Result<Flattened, WriteError> {
        while let Some(head) = self.directories.pop() {
            let at = self.at(&head);
            self.metadata(&at, &head).map_err(|source| WriteError::Io { path: at.clone(), source })?;
        }
        Ok(self.done)
    }

    fn make(&mut self, at: &Path, head: &Head, content: &mut dyn Read) -> io::Result<()> {
        match &head.kind {
            Kind::Directory => {
                if !head.path.is_root() {
                    fs::DirBuilder::new().mode(0o700).create(at)?;
                }
                self.directories.push(head.clone());
                return Ok(());
            }
            Kind::Hardlink(target) => {
                return fs::hard_link(self.place.join(OsStr::from_bytes(target.as_bytes())), at);
            }
            Kind::File => {
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(at)?;
                let written = io::copy(content, &mut file)?;
                if written != head.size {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its content ends early"));
                }
            }
            Kind::Symlink(target) => std::os::unix::fs::symlink(OsStr::from_bytes(target), at)?,
            Kind::Fifo => rustix::fs::mknodat(CWD, at, FileType::Fifo, Mode::from(0o600), 0)?,
            Kind::CharDevice { major, minor } | Kind::BlockDevice { major, minor } => {
                let kind = match head.kind {
                    Kind::CharDevice { .. } => FileType::CharacterDevice,
                    _ => FileType::BlockDevice,
                };
                if !self.is_root {
                    self.done.devices += 1;
                    return Ok(());
                }
                rustix::fs::mknodat(CWD, at, kind, Mode::from(0o600), rustix::fs::makedev(*major, *minor))?;
            }
        }
        self.metadata(at, head)
    }

    /// Owner, then mode (a change of the owner takes bits of it away), attributes, times.
    fn metadata(&mut self, at: &Path, head: &Head) -> io::Result<()> {
        let mut mode = head.mode;
        if self.is_root {
            std::os::unix::fs::lchown(at, Some(head.uid), Some(head.gid))?;
        } else if (head.uid, head.gid)
            != (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
        {
            self.done.owners += 1;
            // With another owner these bits would give away what the image does not.
            mode &= 0o1777;
        }
        let is_link = matches!(head.kind, Kind::Symlink(_));
        if !is_link {
            fs::set_permissions(at, fs::Permissions::from_mode(mode))?;
        }
        for (name, value) in &head.xattrs {
            match rustix::fs::lsetxattr(at, &**name, value, XattrFlags::empty()) {
                Ok(()) => {}
                Err(
                    rustix::io::Errno::PERM
                    | rustix::io::Errno::NOTSUP
                    | rustix::io::Errno::ACCESS
                    | rustix::io::Errno::INVAL,
                ) => self.done.xattrs += 1,
                Err(error) => return Err(error.into()),
            }
        }
        let time = Timespec { tv_sec: head.mtime, tv_nsec: 0 };
        let times = Timestamps { last_access: time, last_modification: time };
        rustix::fs::utimensat(CWD, at, &times, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(())
    }
}

impl Sink for Folder {
    fn entry(&mut self, head: &Head, content: &mut dyn Read) -> Result<(), WriteError> {
        let at = self.at(head);
        self.done.entries += 1;
        self.make(&at, head, content).map_err(|source| match crate::ReadError::io("", source) {
            crate::ReadError::Io { source, .. } => {
                WriteError::Io { path: at, source: io::Error::new(source.kind(), source.to_string()) }
            }
            error => error.into(),
        })
    }
}
