//! The second witness: access times. They were zero before the start, so what has another was read.

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, StatxFlags, openat, statx};

/// Something that was read, by its access time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Without a leading `/`.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: FileType,
    /// The number of its file, where that has several names: one of them was used, each shows it.
    pub(crate) file: Option<u64>,
}

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NOATIME);

/// All of this process's root that was read, mounts left out.
pub(crate) fn touched() -> io::Result<Vec<Touched>> {
    let root = rustix::fs::open("/", DIRECTORY, Mode::empty())?;
    let found = statx(&root, c"", AtFlags::EMPTY_PATH, StatxFlags::ATIME | StatxFlags::MNT_ID)?;
    let mut list = Vec::new();
    if (found.stx_atime.tv_sec, found.stx_atime.tv_nsec) != (0, 0) {
        list.push(Touched { path: Vec::new(), kind: FileType::Directory, file: None });
    }
    walk(root, found.stx_mnt_id, &mut Vec::new(), &mut list)?;
    Ok(list)
}

fn walk(directory: OwnedFd, mount: u64, path: &mut Vec<u8>, list: &mut Vec<Touched>) -> io::Result<()> {
    let mut inner = Vec::new();
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let wanted =
            StatxFlags::TYPE | StatxFlags::ATIME | StatxFlags::NLINK | StatxFlags::INO | StatxFlags::MNT_ID;
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        let found = statx(&directory, name, flags, wanted)?;
        if found.stx_mnt_id != mount {
            continue;
        }
        let kind = FileType::from_raw_mode(found.stx_mode.into());
        if (found.stx_atime.tv_sec, found.stx_atime.tv_nsec) != (0, 0) {
            let mut whole = path.clone();
            whole.extend_from_slice(name.to_bytes());
            let file = (found.stx_nlink > 1 && !kind.is_dir()).then_some(found.stx_ino);
            list.push(Touched { path: whole, kind, file });
        }
        if kind.is_dir() {
            inner.push(CString::from(name));
        }
    }
    for name in inner {
        let below = openat(&directory, &*name, DIRECTORY, Mode::empty())?;
        let length = path.len();
        path.extend_from_slice(name.to_bytes());
        path.push(b'/');
        walk(below, mount, path, list)?;
        path.truncate(length);
    }
    Ok(())
}

/// Whether access times are kept on the file system of an open directory: those of a mount with `noatime` are not.
pub(crate) fn is_kept(directory: BorrowedFd<'_>) -> io::Result<bool> {
    use rustix::fs::StatVfsMountFlags;
    let flags = rustix::fs::fstatvfs(directory.as_fd())?.f_flag;
    Ok(!flags.contains(StatVfsMountFlags::NOATIME))
}
