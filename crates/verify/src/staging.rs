//! An output folder in the making: it appears whole, or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A folder written beside its place and moved into it at the end. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct Staging {
    place: PathBuf,
    folder: tempfile::TempDir,
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
        let folder = tempfile::Builder::new().prefix(".casehard-").tempdir_in(parent).map_err(failed)?;
        Ok(Self { place: place.to_owned(), folder })
    }

    /// Where a file of the folder is until the end.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
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
        fs::remove_file(place.join("plan.json")).unwrap();
        fs::write(place.join("mine"), b"").unwrap();
        assert!(matches!(Staging::create(&place), Err(StagingError::Occupied(_))));
    }
}
