//! Copying a tree with everything that belongs to it, and with access times of zero.

use std::{
    collections::HashMap,
    ffi::{CStr, CString},
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{
        AtFlags, Dir, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags,
        copy_file_range, openat,
    },
    io::Errno,
};

/// Copies the directory `from` to the new directory `to`.
pub(super) fn copy(from: &str, to: &str) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    copy_directory(&rustix::fs::open(from, flags, Mode::empty())?, to)
}

/// Copies an open directory to the new directory `to`.
pub(super) fn copy_directory(from: &OwnedFd, to: &str) -> io::Result<()> {
    let found = rustix::fs::fstat(from)?;
    rustix::fs::mkdir(to, Mode::from_raw_mode(0o700))?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let target = rustix::fs::open(to, flags, Mode::empty())?;
    let mut copier = Copier { first_names: HashMap::new(), top: target.as_fd() };
    copier.entries(from.as_fd(), target.as_fd(), &mut Vec::new())?;
    finish(from.as_fd(), target.as_fd(), &found)
}

struct Copier<'a> {
    /// The copy of each file that has several names.
    first_names: HashMap<(u64, u64), CString>,
    top: BorrowedFd<'a>,
}

impl Copier<'_> {
    fn entries(&mut self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, path: &mut Vec<u8>) -> io::Result<()> {
        for entry in Dir::read_from(from)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let length = path.len();
            path.extend_from_slice(name.to_bytes());
            self.entry(from, to, name, path)?;
            path.truncate(length);
        }
        Ok(())
    }

    fn entry(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        name: &CStr,
        path: &mut Vec<u8>,
    ) -> io::Result<()> {
        let found = rustix::fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(found.st_mode);
        if found.st_nlink > 1 && !kind.is_dir() {
            if let Some(first) = self.first_names.get(&(found.st_dev, found.st_ino)) {
                return Ok(rustix::fs::linkat(self.top, first, to, name, AtFlags::empty())?);
            }
            self.first_names.insert((found.st_dev, found.st_ino), CString::new(path.clone())?);
        }
        match kind {
            FileType::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
                let source = openat(from, name, flags, Mode::empty())?;
                rustix::fs::mkdirat(to, name, Mode::from_raw_mode(0o700))?;
                let target = openat(to, name, flags, Mode::empty())?;
                path.push(b'/');
                self.entries(source.as_fd(), target.as_fd(), path)?;
                finish(source.as_fd(), target.as_fd(), &found)
            }
            FileType::RegularFile => file(from, to, name, &found),
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(from, name, Vec::new())?;
                rustix::fs::symlinkat(&target, to, name)?;
                own(to, name, &found)?;
                Ok(rustix::fs::utimensat(to, name, &times(&found), AtFlags::SYMLINK_NOFOLLOW)?)
            }
            FileType::Fifo | FileType::Socket => {
                rustix::fs::mknodat(to, name, kind, Mode::from_raw_mode(found.st_mode), 0)?;
                own(to, name, &found)?;
                rustix::fs::chmodat(to, name, Mode::from_raw_mode(found.st_mode), AtFlags::empty())?;
                Ok(rustix::fs::utimensat(to, name, &times(&found), AtFlags::SYMLINK_NOFOLLOW)?)
            }
            // Devices cannot be made in a user namespace, so the unpacked root has none.
            _ => Ok(()),
        }
    }
}

fn file(from: BorrowedFd<'_>, to: BorrowedFd<'_>, name: &CStr, found: &Stat) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let source = openat(from, name, flags, Mode::empty())?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let target = openat(to, name, flags, Mode::from_raw_mode(0o600))?;
    let mut left = found.st_size.unsigned_abs();
    while left > 0 {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(1 << 30);
        match copy_file_range(&source, None, &target, None, length) {
            Ok(0) => break,
            Ok(copied) => left -= copied as u64,
            Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {
                let mut source = std::fs::File::from(source.try_clone()?);
                io::copy(&mut source, &mut std::fs::File::from(target.try_clone()?))?;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    finish(source.as_fd(), target.as_fd(), found)
}

/// Owner, mode, attributes and times, in the order in which one does not undo another: a new owner takes setuid bits
/// and file capabilities away.
fn finish(source: BorrowedFd<'_>, target: BorrowedFd<'_>, found: &Stat) -> io::Result<()> {
    if found.st_uid != 0 || found.st_gid != 0 {
        let owner = (Uid::from_raw(found.st_uid), Gid::from_raw(found.st_gid));
        rustix::fs::fchown(target, Some(owner.0), Some(owner.1))?;
    }
    rustix::fs::fchmod(target, Mode::from_raw_mode(found.st_mode))?;
    attributes(source, target)?;
    Ok(rustix::fs::futimens(target, &times(found))?)
}

fn own(directory: BorrowedFd<'_>, name: &CStr, found: &Stat) -> io::Result<()> {
    if found.st_uid == 0 && found.st_gid == 0 {
        return Ok(());
    }
    let owner = (Uid::from_raw(found.st_uid), Gid::from_raw(found.st_gid));
    Ok(rustix::fs::chownat(directory, name, Some(owner.0), Some(owner.1), AtFlags::SYMLINK_NOFOLLOW)?)
}

/// The modification time it had, and an access time that says that nothing has read it.
fn times(found: &Stat) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: 0 },
        last_modification: Timespec { tv_sec: found.st_mtime, tv_nsec: found.st_mtime_nsec.cast_signed() },
    }
}

/// Extended attributes. Those that this user namespace may not set were not unpacked either.
fn attributes(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> io::Result<()> {
    let mut names = [0_u8; 4096];
    let length = match rustix::fs::flistxattr(from, &mut names) {
        Ok(0) | Err(Errno::OPNOTSUPP) => return Ok(()),
        result => result?,
    };
    let mut value = vec![0_u8; 64 << 10];
    for name in names[..length].split_inclusive(|byte| *byte == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
        let length = match rustix::fs::fgetxattr(from, name, &mut value[..]) {
            Err(Errno::NODATA | Errno::OPNOTSUPP) => continue,
            result => result?,
        };
        match rustix::fs::fsetxattr(to, name, &value[..length], XattrFlags::empty()) {
            Err(Errno::OPNOTSUPP | Errno::PERM) => {}
            result => result?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_copied_with_modes_times_names_and_no_access_times() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        let (from, to) = (top.join("from"), top.join("to"));
        std::fs::create_dir_all(from.join("d/empty")).unwrap();
        std::fs::write(from.join("d/file"), vec![7; 100_000]).unwrap();
        std::fs::set_permissions(from.join("d/file"), std::fs::Permissions::from_mode(0o2751)).unwrap();
        std::fs::hard_link(from.join("d/file"), from.join("again")).unwrap();
        symlink("nowhere", from.join("link")).unwrap();
        copy(from.to_str().unwrap(), to.to_str().unwrap()).unwrap();
        let meta = |path: &str| std::fs::symlink_metadata(to.join(path)).unwrap();
        assert_eq!(meta("d/file").mode() & 0o7777, 0o2751);
        assert_eq!(meta("d/file").ino(), meta("again").ino());
        assert_eq!(meta("d/file").mtime(), std::fs::symlink_metadata(from.join("d/file")).unwrap().mtime());
        for path in ["d", "d/file", "d/empty", "link"] {
            assert_eq!(meta(path).atime(), 0, "{path}");
        }
        assert_eq!(std::fs::read(to.join("again")).unwrap(), vec![7; 100_000]);
    }
}
