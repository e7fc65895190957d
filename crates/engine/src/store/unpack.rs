//! Writing the entries of an image into a directory, as root of a user namespace.
//!
//! What an entry names is looked up inside the directory by the kernel (`openat2` with `RESOLVE_IN_ROOT`), so no link
//! of an image leads out of it. Layers lie over each other as the OCI image specification says (`layer.md`).

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::File,
    io::{self, BufRead, BufReader, Read, Write as _},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
};

use casehard_image::{Head, Kind, Mark};
use casehard_oci::RootPath;
use rustix::{
    fs::{
        AtFlags, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Timespec, Timestamps, Uid, XattrFlags,
        openat, openat2, statat,
    },
    io::Errno,
};
use serde::{Deserialize, Serialize};

use super::wire::{self, Frame};

/// Something of an image that could not be written as the image has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The path.
    pub path: RootPath,
    /// What was lost.
    pub what: String,
}

/// What unpacking an image gave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unpacked {
    /// Bytes of content that were written.
    pub bytes: u64,
    /// Entries that were written.
    pub entries: u64,
    /// What could not be written, at most 1,000 of them.
    pub skipped: Vec<Skipped>,
    /// How many files belong to somebody else than the image says, because only one user is mapped.
    pub owners_lost: u64,
}

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// Writes the stream into the new directory `target` of the store, which is the current directory.
pub(crate) fn unpack(stream: OwnedFd, target: &str) -> io::Result<Unpacked> {
    let root = format!("{target}/root");
    rustix::fs::mkdir(&root, Mode::from_raw_mode(0o755))?;
    let mut unpacker = Unpacker {
        root: rustix::fs::open(&root, DIRECTORY, Mode::empty())?,
        unpacked: Unpacked::default(),
        this_layer: HashSet::new(),
        directories: Vec::new(),
        parent: None,
    };
    let mut from = BufReader::with_capacity(1 << 18, File::from(stream));
    loop {
        match wire::read(&mut from)? {
            Frame::Layer => unpacker.this_layer.clear(),
            Frame::Entry(head) => {
                let mut content = (&mut from).take(if head.kind == Kind::File { head.size } else { 0 });
                let path = head.path.clone();
                unpacker
                    .entry(head, &mut content)
                    .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))?;
                io::copy(&mut content, &mut io::sink())?;
            }
            Frame::End => break,
        }
    }
    unpacker.finish()
}

/// A new file, unless something stands there.
fn make_file(directory: &OwnedFd, name: &OsStr) -> io::Result<Option<File>> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    match openat(directory, name, flags, Mode::from_raw_mode(0o600)) {
        Err(Errno::EXIST) => Ok(None),
        file => Ok(Some(file?.into())),
    }
}

struct Unpacker {
    root: OwnedFd,
    unpacked: Unpacked,
    /// What this layer has, which its whiteouts do not concern.
    this_layer: HashSet<RootPath>,
    /// Directories with the times they get when nothing more is written into them.
    directories: Vec<(RootPath, i64)>,
    /// The directory that was used last; entries of a directory mostly follow each other.
    parent: Option<(RootPath, OwnedFd)>,
}

impl Unpacker {
    fn entry(&mut self, head: Head, content: &mut impl BufRead) -> io::Result<()> {
        match head.mark {
            Mark::Present => {}
            Mark::Whiteout => return self.remove(&head.path),
            Mark::Opaque => return self.empty(&head.path),
        }
        self.unpacked.entries += 1;
        let Some(parent) = head.path.parent() else {
            let root = self.root.as_fd().try_clone_to_owned()?;
            self.own(&root, &head)?;
            rustix::fs::fchmod(&root, Mode::from_raw_mode(head.mode))?;
            self.attributes(&root, &head);
            self.directories.push((head.path, head.mtime));
            return Ok(());
        };
        let directory = self.open_directory(&parent)?;
        let name = OsStr::from_bytes(head.path.file_name().unwrap_or_default());
        let new = if head.kind == Kind::File { make_file(&directory, name)? } else { None };
        let old = if new.is_some() { None } else { statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW).ok() };
        if let Some(old) = old {
            let was_directory = FileType::from_raw_mode(old.st_mode).is_dir();
            if !(was_directory && head.kind == Kind::Directory) {
                if was_directory {
                    self.parent = None;
                    remove_below(directory.as_fd(), name)?;
                }
                let flags = if was_directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
                rustix::fs::unlinkat(&directory, name, flags)?;
            }
        }
        self.this_layer.insert(head.path.clone());
        let made = match &head.kind {
            Kind::File => {
                let new = match new {
                    Some(new) => new,
                    None => make_file(&directory, name)?.ok_or(Errno::EXIST)?,
                };
                return self.file(new, &head, content).map(|()| self.keep(parent, directory));
            }
            Kind::Directory => {
                return self.directory(&directory, name, &head).map(|()| self.keep(parent, directory));
            }
            Kind::Hardlink(target) => self.hardlink(&directory, name, target)?,
            Kind::Symlink(target) => {
                rustix::fs::symlinkat(OsStr::from_bytes(target), &directory, name)?;
                true
            }
            Kind::Fifo => {
                rustix::fs::mknodat(&directory, name, FileType::Fifo, Mode::from_raw_mode(head.mode), 0)?;
                true
            }
            Kind::CharDevice { .. } | Kind::BlockDevice { .. } => {
                self.skip(&head.path, "a device file, which cannot be made without root of the machine");
                false
            }
            _ => {
                self.skip(&head.path, "an entry of an unknown kind");
                false
            }
        };
        if made && !matches!(head.kind, Kind::Hardlink(_)) {
            self.finish_special(&directory, name, &head)?;
        }
        self.keep(parent, directory);
        Ok(())
    }

    fn keep(&mut self, path: RootPath, directory: OwnedFd) {
        self.parent = Some((path, directory));
    }

    fn skip(&mut self, path: &RootPath, what: &str) {
        if self.unpacked.skipped.len() < 1000 {
            self.unpacked.skipped.push(Skipped { path: path.clone(), what: what.to_owned() });
        }
    }

    /// Opens a directory, links on the way followed inside the root; makes it where an image left it out.
    fn open_directory(&mut self, path: &RootPath) -> io::Result<OwnedFd> {
        if let Some((_, directory)) = self.parent.take_if(|(last, _)| last == path) {
            return Ok(directory);
        }
        let name = if path.is_root() { OsStr::new(".") } else { OsStr::from_bytes(path.as_bytes()) };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat2(&self.root, name, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
            Err(Errno::NOENT) => {
                let parent = path.parent().ok_or_else(|| io::Error::from(Errno::NOENT))?;
                let directory = self.open_directory(&parent)?;
                let name = OsStr::from_bytes(path.file_name().unwrap_or_default());
                rustix::fs::mkdirat(&directory, name, Mode::from_raw_mode(0o755))?;
                Ok(openat(&directory, name, DIRECTORY, Mode::empty())?)
            }
            result => Ok(result?),
        }
    }

    /// Opens a directory if there is one: what hides something need not find it, and makes nothing.
    fn find_directory(&self, path: &RootPath) -> io::Result<Option<OwnedFd>> {
        let name = if path.is_root() { OsStr::new(".") } else { OsStr::from_bytes(path.as_bytes()) };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat2(&self.root, name, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            directory => Ok(Some(directory?)),
        }
    }

    fn file(&mut self, mut file: File, head: &Head, content: &mut impl BufRead) -> io::Result<()> {
        let mut written = 0;
        loop {
            let bytes = match content.fill_buf() {
                Ok([]) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                bytes => bytes?,
            };
            file.write_all(bytes)?;
            let count = bytes.len();
            content.consume(count);
            written += count as u64;
        }
        if written != head.size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        self.unpacked.bytes += written;
        let file = OwnedFd::from(file);
        self.own(&file, head)?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(head.mode))?;
        self.attributes(&file, head);
        Ok(rustix::fs::futimens(&file, &times(head.mtime))?)
    }

    fn directory(&mut self, parent: &OwnedFd, name: &OsStr, head: &Head) -> io::Result<()> {
        match rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o700)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let directory = openat(parent, name, DIRECTORY, Mode::empty())?;
        self.own(&directory, head)?;
        rustix::fs::fchmod(&directory, Mode::from_raw_mode(head.mode))?;
        self.attributes(&directory, head);
        self.directories.push((head.path.clone(), head.mtime));
        Ok(())
    }

    fn hardlink(&mut self, directory: &OwnedFd, name: &OsStr, target: &RootPath) -> io::Result<bool> {
        let parent = target.parent().unwrap_or_else(RootPath::root);
        let from = self.open_directory(&parent)?;
        let target = OsStr::from_bytes(target.file_name().unwrap_or_default());
        match rustix::fs::linkat(&from, target, directory, name, AtFlags::empty()) {
            // The first name was a device, which is not there.
            Err(Errno::NOENT) => Ok(false),
            result => Ok(result.map(|()| true)?),
        }
    }

    /// Owner and times of what cannot be opened to set them.
    fn finish_special(&mut self, directory: &OwnedFd, name: &OsStr, head: &Head) -> io::Result<()> {
        if (head.uid, head.gid) != (0, 0) {
            let owner = (Uid::from_raw(head.uid), Gid::from_raw(head.gid));
            let result =
                rustix::fs::chownat(directory, name, Some(owner.0), Some(owner.1), AtFlags::SYMLINK_NOFOLLOW);
            self.owned(result, head)?;
        }
        if head.kind == Kind::Fifo {
            rustix::fs::chmodat(directory, name, Mode::from_raw_mode(head.mode), AtFlags::empty())?;
        }
        Ok(rustix::fs::utimensat(directory, name, &times(head.mtime), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    fn own(&mut self, file: &OwnedFd, head: &Head) -> io::Result<()> {
        let owner = (Uid::from_raw(head.uid), Gid::from_raw(head.gid));
        let found = rustix::fs::fstat(file)?;
        if (found.st_uid, found.st_gid) == (head.uid, head.gid) {
            return Ok(());
        }
        let result = rustix::fs::fchown(file, Some(owner.0), Some(owner.1));
        self.owned(result, head)
    }

    /// A number that is not mapped is refused as invalid; the file then stays root's.
    fn owned(&mut self, result: rustix::io::Result<()>, head: &Head) -> io::Result<()> {
        match result {
            Err(Errno::INVAL | Errno::PERM) => {
                self.unpacked.owners_lost += 1;
                let what = format!(
                    "its owner {}:{}, which is not mapped to a user of this machine",
                    head.uid, head.gid
                );
                self.skip(&head.path, &what);
                Ok(())
            }
            result => Ok(result?),
        }
    }

    fn attributes(&mut self, file: &OwnedFd, head: &Head) {
        for (name, value) in &head.xattrs {
            let set = rustix::fs::fsetxattr(file, OsStr::from_bytes(name), value, XattrFlags::empty());
            if set.is_err() {
                let name = casehard_oci::escape(name).into_owned();
                self.skip(&head.path, &format!("its extended attribute {name}"));
            }
        }
    }

    /// A whiteout: what lower layers have there is gone.
    fn remove(&mut self, path: &RootPath) -> io::Result<()> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
        if self.this_layer.contains(path) {
            return Ok(());
        }
        let Some(directory) = self.find_directory(&parent)? else { return Ok(()) };
        self.parent = None;
        remove_entry(directory.as_fd(), OsStr::from_bytes(name))
    }

    /// An opaque directory: what lower layers have in it is gone.
    fn empty(&mut self, path: &RootPath) -> io::Result<()> {
        let Some(directory) = self.find_directory(path)? else { return Ok(()) };
        self.parent = None;
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            let child = path.child(name);
            if matches!(name, b"." | b"..") {
                continue;
            }
            if self.this_layer.contains(&child) {
                if entry.file_type().is_dir() {
                    self.empty(&child)?;
                }
            } else {
                remove_entry(directory.as_fd(), OsStr::from_bytes(name))?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<Unpacked> {
        self.parent = None;
        // Inner directories first is not needed: times of a directory change only by what is made in it.
        for (path, mtime) in std::mem::take(&mut self.directories) {
            let name = if path.is_root() { OsStr::new(".") } else { OsStr::from_bytes(path.as_bytes()) };
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            match openat2(&self.root, name, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
                Ok(directory) => rustix::fs::futimens(&directory, &times(mtime))?,
                // A later layer replaced or removed it.
                Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.unpacked)
    }
}

fn times(mtime: i64) -> Timestamps {
    let time = Timespec { tv_sec: mtime, tv_nsec: 0 };
    Timestamps { last_access: Timespec { tv_sec: 0, tv_nsec: 0 }, last_modification: time }
}

fn remove_entry(directory: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    match rustix::fs::unlinkat(directory, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {
            remove_below(directory, name)?;
            Ok(rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR)?)
        }
        Err(error) => Err(error.into()),
    }
}

fn remove_below(directory: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    let inner = match openat(directory, name, DIRECTORY, Mode::empty()) {
        Err(Errno::ACCESS) => {
            rustix::fs::chmodat(directory, name, Mode::from_raw_mode(0o700), AtFlags::empty())?;
            openat(directory, name, DIRECTORY, Mode::empty())?
        }
        result => result?,
    };
    for entry in Dir::read_from(&inner)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            remove_entry(inner.as_fd(), OsStr::from_bytes(entry.file_name().to_bytes()))?;
        }
    }
    Ok(())
}

/// Removes what is in a directory of the store; the directory itself is left to whom it belongs.
pub(crate) fn remove(path: &str) -> io::Result<()> {
    match remove_below(rustix::fs::CWD, OsStr::new(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
