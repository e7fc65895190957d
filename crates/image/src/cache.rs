//! The cache of blobs that were pulled: one file for each, named by its digest, touched when it is used. Whoever needs
//! one that is gone pulls it again, so any of them may be removed at any time.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// How the names of files begin that are not complete.
pub(crate) const PARTIAL: &str = ".pull-";

/// What stays of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeepBlobs {
    /// Blobs are removed, the one used longest ago first, until no more bytes than these are left.
    pub bytes: Option<u64>,
    /// Blobs that were used last before this are removed.
    pub since: Option<SystemTime>,
    /// Incomplete blobs that were last written to before this are of runs that were killed.
    pub abandoned: Option<SystemTime>,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CollectedBlobs {
    /// Blobs.
    pub blobs: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Why a cache could not be tidied.
#[derive(Debug, thiserror::Error)]
#[error("tidy the cache at {path}: {source}")]
pub struct CacheError {
    path: PathBuf,
    source: io::Error,
}

/// Removes blobs from the cache below `cache` that `keep` does not keep. Runs that use it meanwhile are not disturbed: what
/// they have open stays open, and what they miss they pull again.
///
/// # Errors
/// When the cache cannot be read, or something in it not be removed.
pub fn collect_blobs(cache: &Path, keep: &KeepBlobs) -> Result<CollectedBlobs, CacheError> {
    let folder = cache.join("blobs/sha256");
    let failed = |source| CacheError { path: folder.clone(), source };
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(CollectedBlobs::default()),
        entries => entries.map_err(failed)?,
    };
    let (mut found, mut gone) = (Vec::new(), Vec::new());
    for entry in entries {
        let entry = entry.map_err(failed)?;
        // Another run may have removed it already.
        let Ok(metadata) = entry.metadata() else { continue };
        let used = metadata.modified().map_err(failed)?;
        let (path, size) = (entry.path(), metadata.len());
        if entry.file_name().as_encoded_bytes().starts_with(PARTIAL.as_bytes()) {
            if keep.abandoned.is_some_and(|before| used < before) {
                gone.push((path, size));
            }
        } else if metadata.is_file() {
            found.push((used, path, size));
        }
    }
    found.sort();
    let mut total: u64 = found.iter().map(|(_, _, size)| size).sum();
    for (used, path, size) in found {
        let old = keep.since.is_some_and(|since| used < since);
        let many = keep.bytes.is_some_and(|kept| total > kept);
        if old || many {
            total -= size;
            gone.push((path, size));
        }
    }
    let mut collected = CollectedBlobs::default();
    for (path, size) in gone {
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            removed => removed.map_err(failed)?,
        }
        collected.blobs += 1;
        collected.bytes += size;
    }
    Ok(collected)
}

/// A blob that is there, with the time of its use set to now.
pub(crate) fn touched(path: &Path) -> Option<File> {
    use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
    let file = File::open(path).ok()?;
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    // A cache of somebody else may be read and not be marked.
    let _ = futimens(&file, &Timestamps { last_access: now, last_modification: now });
    Some(file)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("blobs/sha256");
        assert_eq!(collect_blobs(cache.path(), &KeepBlobs::default()).unwrap(), CollectedBlobs::default());
        fs::create_dir_all(&folder).unwrap();
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let at = |seconds| start + Duration::from_secs(seconds);
        for (name, age, size) in
            [("a", 1, 10), ("b", 3, 20), ("c", 2, 30), (".pull-x", 1, 5), (".pull-y", 9, 5)]
        {
            let file = File::create(folder.join(name)).unwrap();
            file.set_len(size).unwrap();
            file.set_modified(at(age)).unwrap();
        }
        let left = || {
            let mut names: Vec<String> = fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names.join(" ")
        };
        let keep = KeepBlobs { bytes: Some(60), ..KeepBlobs::default() };
        assert_eq!(collect_blobs(cache.path(), &keep).unwrap(), CollectedBlobs::default());
        assert_eq!(left(), ".pull-x .pull-y a b c");
        let keep = KeepBlobs { since: Some(at(2)), abandoned: Some(at(5)), ..KeepBlobs::default() };
        assert_eq!(collect_blobs(cache.path(), &keep).unwrap(), CollectedBlobs { blobs: 2, bytes: 15 });
        assert_eq!(left(), ".pull-y b c");
        assert!(touched(&folder.join("c")).is_some());
        let keep = KeepBlobs { bytes: Some(30), ..KeepBlobs::default() };
        assert_eq!(collect_blobs(cache.path(), &keep).unwrap(), CollectedBlobs { blobs: 1, bytes: 20 });
        assert_eq!(left(), ".pull-y c", "what was touched stays");
    }
}
