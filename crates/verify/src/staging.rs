//! An output folder in the making: it appears whole, or not at all.

use std::{
    fs,
    io::{self, Write as _},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

/// A folder written beside its place and moved into it at the end. Dropped before that, it leaves nothing behind; what a
/// killed job left is removed by the next one beside it.
#[derive(Debug)]
pub struct Staging {
    place: PathBuf,
    folder: tempfile::TempDir,
    /// Locked while the folder is somebody's.
    _lock: OwnedFd,
}

/// Why an output folder could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StagingError {
    /// Something else is there.
    #[error("{0} exists and is no output of casehard")]
    Occupied(PathBuf),
    /// The file system refused.
    #[error("{path}: {source}")]
    Write {
        /// What was written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Every output folder has this file.
const MARK: &str = "plan.json";

/// The beginning of the names of folders in the making.
const PREFIX: &str = ".casehard-";

impl Staging {
    /// A folder that will stand at `place`, in place of an earlier output there.
    ///
    /// # Errors
    /// When something other than an earlier output is at `place`, or the folder beside it cannot be made.
    pub fn create(place: &Path) -> Result<Self, StagingError> {
        let is_replaceable = |place: &Path| {
            place.join(MARK).is_file()
                || fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_none())
        };
        if fs::symlink_metadata(place).is_ok() && !is_replaceable(place) {
            return Err(StagingError::Occupied(place.to_owned()));
        }
        let parent = match place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let failed = |source| StagingError::Write { path: place.to_owned(), source };
        fs::create_dir_all(parent).map_err(failed)?;
        remove_abandoned(parent);
        loop {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent).map_err(failed)?;
            if let Some(lock) = lock(folder.path()) {
                return Ok(Self { place: place.to_owned(), folder, _lock: lock });
            }
            // Another job took it for abandoned in the moment before it was locked.
        }
    }

    /// Where a file of the folder is until the end.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a JSON document as it is made: one of millions of paths is never whole in memory.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write_json<T: serde::Serialize>(&self, name: &str, value: &T) -> Result<(), StagingError> {
        let failed = |source| StagingError::Write { path: self.place.join(name), source };
        let mut file = io::BufWriter::new(fs::File::create(self.path(name)).map_err(failed)?);
        serde_json::to_writer_pretty(&mut file, value).map_err(|error| failed(error.into()))?;
        file.write_all(b"\n").and_then(|()| file.flush()).map_err(failed)
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StagingError> {
        let path = self.path(name);
        fs::write(&path, bytes).map_err(|source| StagingError::Write { path: self.place.join(name), source })
    }

    /// Puts the folder in its place, in one step.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn commit(self) -> Result<(), StagingError> {
        use rustix::fs::{CWD, Mode, RenameFlags, chmod, renameat_with};
        let failed = |source: io::Error| StagingError::Write { path: self.place.clone(), source };
        chmod(self.folder.path(), Mode::from_raw_mode(0o755)).map_err(|error| failed(error.into()))?;
        if fs::symlink_metadata(&self.place).is_ok() {
            // The older output takes the temporary name, and goes with it.
            renameat_with(CWD, self.folder.path(), CWD, &self.place, RenameFlags::EXCHANGE)
                .map_err(|error| failed(error.into()))?;
            return Ok(());
        }
        fs::rename(self.folder.path(), &self.place).map_err(failed)
    }
}

/// Locks a folder, unless somebody else has it or it is gone. The lock ends with the process.
fn lock(folder: &Path) -> Option<OwnedFd> {
    use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, open, stat};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = open(folder, flags, Mode::empty()).ok()?;
    flock(&opened, FlockOperation::NonBlockingLockExclusive).ok()?;
    let (here, there) = (fstat(&opened).ok()?, stat(folder).ok()?);
    ((here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)).then_some(opened)
}

/// Removes folders in the making whose jobs have ended without.
fn remove_abandoned(parent: &Path) {
    let is_ours = |name: &str| {
        name.strip_prefix(PREFIX)
            .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_ours)
            && let Some(_lock) = lock(&entry.path())
        {
            // What cannot be removed is somebody else's.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_appears_whole_or_not_at_all() {
        let base = tempfile::tempdir().unwrap();
        let place = base.path().join("out");
        let staging = Staging::create(&place).unwrap();
        staging.write("plan.json", b"1").unwrap();
        drop(staging);
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
        for content in [b"1", b"2"] {
            let staging = Staging::create(&place).unwrap();
            staging.write("plan.json", content).unwrap();
            staging.commit().unwrap();
            assert_eq!(fs::read(place.join("plan.json")).unwrap(), content);
            assert_eq!(fs::read_dir(base.path()).unwrap().count(), 1);
        }
        // What a killed job left goes; what another one is making stays.
        let other = Staging::create(&base.path().join("other")).unwrap();
        let killed = base.path().join(".casehard-aB3xY9");
        fs::create_dir(&killed).unwrap();
        fs::write(killed.join("plan.json"), b"half").unwrap();
        drop(Staging::create(&place).unwrap());
        assert!(!killed.exists() && other.path("").exists());
        drop(other);
        fs::remove_file(place.join("plan.json")).unwrap();
        fs::write(place.join("mine"), b"").unwrap();
        assert!(matches!(Staging::create(&place), Err(StagingError::Occupied(_))));
    }
}
