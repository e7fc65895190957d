//! Removing what nobody uses.

use std::{fs, path::Path, time::SystemTime};

use rustix::fs::{FlockOperation, flock};

use super::{Store, StoreError, Unpacked, directory::failed};
use crate::namespace::UserNamespace;

/// What stays of a store. Images that are in use stay in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// Images are removed, the one used longest ago first, until no more bytes than these are left.
    pub bytes: Option<u64>,
    /// Images that were used last before this are removed.
    pub since: Option<SystemTime>,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// Unpacked images.
    pub roots: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Directories that runs left which were killed together with everything that cleans up.
    pub leftovers: u64,
}

impl Store {
    /// Removes unpacked images that `keep` does not keep, and what killed runs left.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn collect(&self, keep: &Keep, namespace: &UserNamespace) -> Result<Collected, StoreError> {
        let mut collected = Collected { leftovers: self.leftovers(namespace)?, ..Collected::default() };
        let roots = self.path.join("roots");
        let mut found = Vec::new();
        for entry in fs::read_dir(&roots).map_err(failed("list", &roots))? {
            let entry = entry.map_err(failed("list", &roots))?;
            let facts = entry.path().join("unpacked.json");
            let (Ok(text), Ok(metadata)) = (fs::read(&facts), fs::metadata(&facts)) else { continue };
            let bytes = serde_json::from_slice::<Unpacked>(&text).map_or(0, |unpacked| unpacked.bytes);
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push((used, entry.file_name().to_string_lossy().into_owned(), bytes));
        }
        found.sort();
        let mut total: u64 = found.iter().map(|(_, _, bytes)| bytes).sum();
        for (used, key, bytes) in found {
            let old = keep.since.is_some_and(|since| used < since);
            let many = keep.bytes.is_some_and(|kept| total > kept);
            if (old || many) && self.discard(&key, namespace) {
                total -= bytes;
                collected.roots += 1;
                collected.bytes += bytes;
            }
        }
        Ok(collected)
    }

    /// Removes an unpacked image when nobody uses it; whether it did.
    fn discard(&self, key: &str, namespace: &UserNamespace) -> bool {
        let Ok(lock) = self.lock(key, FlockOperation::NonBlockingLockExclusive) else { return false };
        let path = format!("roots/{key}");
        // Without this file it counts as not unpacked, should the rest not come to its end.
        let _ = fs::remove_file(self.path.join(&path).join("unpacked.json"));
        self.remove(&path, namespace);
        let _ = fs::remove_file(self.path.join(format!("{path}.lock")));
        drop(lock);
        true
    }

    fn leftovers(&self, namespace: &UserNamespace) -> Result<u64, StoreError> {
        let mut count = 0;
        for kind in ["runs", "partial"] {
            let directory = self.path.join(kind);
            for entry in fs::read_dir(&directory).map_err(failed("list", &directory))? {
                let path = entry.map_err(failed("list", &directory))?.path();
                if path.extension().is_some_and(|extension| extension == "lock") && is_free(&path) {
                    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    self.remove(&format!("{kind}/{name}"), namespace);
                    let _ = fs::remove_file(&path);
                    count += 1;
                }
            }
        }
        Ok(count)
    }
}

/// Whether no process holds this lock.
fn is_free(path: &Path) -> bool {
    fs::File::open(path).is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok())
}
