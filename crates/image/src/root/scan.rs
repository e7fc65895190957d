//! A layer of what stands in a folder.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::{FileTypeExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf},
    sync::Arc,
};

use casehard_oci::RootPath;

use crate::{Head, Kind, LayerWriter, Limits, Mark, WriteError, Xattrs};

/// Bytes of the names or of one value of the extended attributes of a file (`XATTR_LIST_MAX`, `XATTR_SIZE_MAX`).
const XATTRS: usize = 64 << 10;

/// Writes what stands in `folder` to `layer`: directories before what they hold, entries by name, further names of a file
/// as hardlinks. Symbolic links are not followed, sockets are left out, and other file systems that are mounted there are
/// left out but for the directory that they are mounted on.
///
/// # Errors
/// When something cannot be read, or there is more than the limits allow.
pub(crate) fn scan(folder: &Path, layer: &mut LayerWriter, limits: &Limits) -> Result<(), WriteError> {
    let top = fs::metadata(folder).map_err(|source| WriteError::Io { path: folder.to_owned(), source })?;
    let mut scan =
        Scan { folder, layer, limits, names: HashMap::new(), entries: 0, bytes: 0, device: top.dev() };
    // Still to do, the next one last.
    let mut open = vec![RootPath::root()];
    while let Some(path) = open.pop() {
        if scan.entry(&path)? {
            let mut names = scan.list(&path)?;
            names.sort_unstable_by(|a, b| b.cmp(a));
            open.extend(names.iter().map(|name| path.child(name.as_bytes())));
        }
    }
    Ok(())
}

struct Scan<'a> {
    folder: &'a Path,
    layer: &'a mut LayerWriter,
    limits: &'a Limits,
    /// The first name of each file that has several.
    names: HashMap<(u64, u64), RootPath>,
    entries: u64,
    bytes: u64,
    device: u64,
}

impl Scan<'_> {
    fn place(&self, path: &RootPath) -> PathBuf {
        if path.is_root() {
            self.folder.to_owned()
        } else {
            self.folder.join(OsStr::from_bytes(path.as_bytes()))
        }
    }

    fn list(&self, path: &RootPath) -> Result<Vec<OsString>, WriteError> {
        let place = self.place(path);
        let failed = |source| WriteError::Io { path: place.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&place).map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name());
        }
        if path.components().count() >= self.limits.depth && !names.is_empty() {
            return Err(WriteError::Limit {
                path: path.clone(),
                what: "depth",
                limit: self.limits.depth as u64,
            });
        }
        Ok(names)
    }

    /// Writes one entry; whether it is a directory to go into.
    fn entry(&mut self, path: &RootPath) -> Result<bool, WriteError> {
        let place = self.place(path);
        let failed = |source| WriteError::Io { path: place.clone(), source };
        let metadata = if path.is_root() { fs::metadata(&place) } else { fs::symlink_metadata(&place) };
        let metadata = metadata.map_err(failed)?;
        let Some(kind) = self.kind(path, &place, &metadata)? else { return Ok(false) };
        let is_directory = kind == Kind::Directory;
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(WriteError::Limit {
                path: path.clone(),
                what: "entries",
                limit: self.limits.entries,
            });
        }
        let is_file = kind == Kind::File;
        let head = Head {
            path: path.clone(),
            mark: Mark::Present,
            kind,
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            mtime: metadata.mtime(),
            size: if is_file { metadata.len() } else { 0 },
            xattrs: xattrs(&place).map_err(failed)?,
        };
        self.bytes = self.bytes.saturating_add(head.size);
        if self.bytes > self.limits.unpacked {
            return Err(WriteError::Limit { path: path.clone(), what: "bytes", limit: self.limits.unpacked });
        }
        if is_file {
            // A file that grows meanwhile is taken as it was.
            let mut content = File::open(&place).map_err(failed)?.take(head.size);
            self.layer.entry(&head, &mut content)?;
        } else {
            self.layer.entry(&head, &mut io::empty())?;
        }
        Ok(is_directory && metadata.dev() == self.device)
    }

    fn kind(
        &mut self,
        path: &RootPath,
        place: &Path,
        metadata: &Metadata,
    ) -> Result<Option<Kind>, WriteError> {
        let kind = metadata.file_type();
        let device = || {
            let number = metadata.rdev();
            (rustix::fs::major(number), rustix::fs::minor(number))
        };
        if !kind.is_dir() && metadata.nlink() > 1 && !kind.is_socket() {
            let inode = (metadata.dev(), metadata.ino());
            if let Some(first) = self.names.get(&inode) {
                return Ok(Some(Kind::Hardlink(first.clone())));
            }
            self.names.insert(inode, path.clone());
        }
        Ok(Some(if kind.is_dir() {
            Kind::Directory
        } else if kind.is_symlink() {
            let target = fs::read_link(place);
            let target = target.map_err(|source| WriteError::Io { path: place.to_owned(), source })?;
            Kind::Symlink(Arc::from(target.into_os_string().into_vec()))
        } else if kind.is_file() {
            Kind::File
        } else if kind.is_fifo() {
            Kind::Fifo
        } else if kind.is_char_device() {
            let (major, minor) = device();
            Kind::CharDevice { major, minor }
        } else if kind.is_block_device() {
            let (major, minor) = device();
            Kind::BlockDevice { major, minor }
        } else {
            return Ok(None);
        }))
    }
}

/// The extended attributes of a file itself. File systems without any have none.
fn xattrs(place: &Path) -> io::Result<Xattrs> {
    let mut xattrs = Xattrs::new();
    let mut names = vec![0; XATTRS];
    let length = match rustix::fs::llistxattr(place, &mut names[..]) {
        Err(rustix::io::Errno::NOTSUP) => 0,
        length => length?,
    };
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; XATTRS];
        match rustix::fs::lgetxattr(place, name, &mut value[..]) {
            Ok(length) => {
                value.truncate(length);
                xattrs.insert(name.into(), value.into());
            }
            // Gone meanwhile, or not for us to see.
            Err(rustix::io::Errno::NODATA | rustix::io::Errno::NOTSUP | rustix::io::Errno::PERM) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(xattrs)
}
