//! What a run changed in its root.

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{BorrowedFd, OwnedFd},
};

use casehard_oci::RootPath;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, statat};
use serde::{Deserialize, Serialize};

/// What became of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// Its content, or that of a directory, mode or owner is another.
    Changed,
    /// It is gone.
    Removed,
}

/// One path that a run left different from the image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    /// The path.
    pub path: RootPath,
    /// What became of it.
    pub kind: ChangeKind,
    /// Its owner now, as the container numbers it; 0 when it is gone.
    pub uid: u32,
    /// Its group now; 0 when it is gone.
    pub gid: u32,
    /// Its type and permission bits now, as `st_mode`; 0 when it is gone.
    pub mode: u32,
}

fn change(path: &RootPath, kind: ChangeKind, found: Option<&Stat>) -> Change {
    Change {
        path: path.clone(),
        kind,
        uid: found.map_or(0, |found| found.st_uid),
        gid: found.map_or(0, |found| found.st_gid),
        mode: found.map_or(0, |found| found.st_mode),
    }
}

/// From the upper directory of an overlay over the directory `lower` (kernel documentation, `overlayfs.rst`).
pub(crate) fn of_overlay(upper: BorrowedFd<'_>, lower: &str) -> io::Result<Vec<Change>> {
    let lower = rustix::fs::open(lower, DIRECTORY, Mode::empty())?;
    let mut list = Vec::new();
    overlay(&reopen(upper)?, Some(&lower), &RootPath::root(), &mut list)?;
    list.sort();
    Ok(list)
}

/// From a copy of the directory `original`.
pub(crate) fn of_copy(copy: BorrowedFd<'_>, original: &str) -> io::Result<Vec<Change>> {
    let original = rustix::fs::open(original, DIRECTORY, Mode::empty())?;
    let mut list = Vec::new();
    compare(&reopen(copy)?, &original, &RootPath::root(), &mut list)?;
    list.sort();
    Ok(list)
}

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NOATIME);

fn reopen(directory: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    Ok(openat(directory, ".", DIRECTORY, Mode::empty())?)
}

fn names(directory: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}

fn look(directory: &OwnedFd, name: &CStr) -> Option<Stat> {
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()
}

fn is_directory(found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode).is_dir()
}

fn overlay(
    upper: &OwnedFd,
    lower: Option<&OwnedFd>,
    path: &RootPath,
    list: &mut Vec<Change>,
) -> io::Result<()> {
    for name in names(upper)? {
        let Some(found) = look(upper, &name) else { continue };
        let below = lower.and_then(|lower| look(lower, &name));
        let here = path.child(name.to_bytes());
        let whiteout = FileType::from_raw_mode(found.st_mode).is_char_device() && found.st_rdev == 0;
        if whiteout {
            list.push(change(&here, ChangeKind::Removed, None));
            continue;
        }
        let was_directory = below.as_ref().is_some_and(is_directory);
        if !is_directory(&found) {
            let kind = if below.is_some() { ChangeKind::Changed } else { ChangeKind::Created };
            list.push(change(&here, kind, Some(&found)));
            continue;
        }
        let inner = openat(upper, &*name, DIRECTORY, Mode::empty())?;
        let opaque = rustix::fs::fgetxattr(&inner, "user.overlay.opaque", &mut [0_u8; 4]).is_ok();
        let inner_lower = match lower {
            Some(lower) if was_directory && !opaque => Some(openat(lower, &*name, DIRECTORY, Mode::empty())?),
            _ => None,
        };
        match below {
            None => list.push(change(&here, ChangeKind::Created, Some(&found))),
            // A directory is copied up for what changes below it; it counts when it differs itself.
            Some(before) => {
                if !same_attributes(&found, &before) {
                    list.push(change(&here, ChangeKind::Changed, Some(&found)));
                }
                if opaque && was_directory {
                    let gone = openat(lower.map_or(upper, |lower| lower), &*name, DIRECTORY, Mode::empty())?;
                    let kept = names(&inner)?;
                    for name in names(&gone)?.iter().filter(|name| !kept.contains(name)) {
                        list.push(change(&here.child(name.to_bytes()), ChangeKind::Removed, None));
                    }
                }
            }
        }
        overlay(&inner, inner_lower.as_ref(), &here, list)?;
    }
    Ok(())
}

fn compare(copy: &OwnedFd, original: &OwnedFd, path: &RootPath, list: &mut Vec<Change>) -> io::Result<()> {
    for name in names(original)? {
        if look(copy, &name).is_none() {
            list.push(change(&path.child(name.to_bytes()), ChangeKind::Removed, None));
        }
    }
    for name in names(copy)? {
        let Some(now) = look(copy, &name) else { continue };
        let here = path.child(name.to_bytes());
        let before = look(original, &name);
        let kind = match &before {
            None => Some(ChangeKind::Created),
            Some(before) => {
                let same = same_attributes(&now, before)
                    && (is_directory(&now)
                        || (now.st_mtime, now.st_mtime_nsec, now.st_size)
                            == (before.st_mtime, before.st_mtime_nsec, before.st_size));
                (!same).then_some(ChangeKind::Changed)
            }
        };
        if let Some(kind) = kind {
            list.push(change(&here, kind, Some(&now)));
        }
        if is_directory(&now) {
            let inner = openat(copy, &*name, DIRECTORY, Mode::empty())?;
            match before.filter(is_directory) {
                Some(_) => {
                    compare(&inner, &openat(original, &*name, DIRECTORY, Mode::empty())?, &here, list)?;
                }
                None => overlay(&inner, None, &here, list)?,
            }
        }
    }
    Ok(())
}

fn same_attributes(now: &Stat, before: &Stat) -> bool {
    (now.st_mode, now.st_uid, now.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use super::*;

    #[test]
    fn a_copy_is_compared_by_what_is_new_changed_and_gone() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        let (original, copy) = (top.join("a"), top.join("b"));
        for side in [&original, &copy] {
            std::fs::create_dir_all(side.join("d")).unwrap();
            for name in ["d/same", "d/changed", "d/gone"] {
                std::fs::write(side.join(name), name).unwrap();
                let file = std::fs::File::options().write(true).open(side.join(name)).unwrap();
                file.set_modified(std::time::UNIX_EPOCH).unwrap();
            }
        }
        std::fs::write(copy.join("d/changed"), "new").unwrap();
        std::fs::remove_file(copy.join("d/gone")).unwrap();
        std::fs::create_dir(copy.join("made")).unwrap();
        std::fs::write(copy.join("made/file"), "x").unwrap();
        let directory = std::fs::File::open(&copy).unwrap();
        let list = of_copy(directory.as_fd(), original.to_str().unwrap()).unwrap();
        let list: Vec<_> = list.iter().map(|change| (change.path.to_string(), change.kind)).collect();
        let expected = [
            ("/d/changed", ChangeKind::Changed),
            ("/d/gone", ChangeKind::Removed),
            ("/made", ChangeKind::Created),
            ("/made/file", ChangeKind::Created),
        ];
        assert_eq!(list, expected.map(|(path, kind)| (path.to_owned(), kind)));
    }
}
