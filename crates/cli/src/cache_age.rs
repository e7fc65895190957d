//! Parts of the cache by the time that they were used last.

use std::{
    fs::{self, Metadata},
    io,
    path::Path,
    time::SystemTime,
};

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    pub count: u64,
    pub bytes: u64,
}

/// Removes each entry of `folder` of which no file was read or written since.
pub fn remove_unused(folder: &Path, since: SystemTime) -> io::Result<Removed> {
    let mut removed = Removed::default();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(removed),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let (used, bytes) = used(&path)?;
        if used >= since {
            continue;
        }
        let gone = if fs::symlink_metadata(&path)?.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match gone {
            // Another run was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            gone => {
                gone?;
                removed.count += 1;
                removed.bytes += bytes;
            }
        }
    }
    Ok(removed)
}

/// When something was used last, with everything below it, and how many bytes it has.
fn used(path: &Path) -> io::Result<(SystemTime, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok((last(&metadata), metadata.len()));
    }
    let (mut latest, mut bytes) = (metadata.modified()?, 0);
    for entry in fs::read_dir(path)? {
        let (used, size) = used(&entry?.path())?;
        latest = latest.max(used);
        bytes += size;
    }
    Ok((latest, bytes))
}

/// Reading is recorded by most file systems, once a day at least.
fn last(metadata: &Metadata) -> SystemTime {
    let time = |time: io::Result<SystemTime>| time.unwrap_or(SystemTime::UNIX_EPOCH);
    time(metadata.modified()).max(time(metadata.accessed()))
}

#[cfg(test)]
mod tests {
    use std::{fs::FileTimes, time::Duration};

    use super::*;

    #[test]
    fn what_was_read_lately_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let cache = folder.path().join("cache");
        assert_eq!(remove_unused(&cache, at(0)).unwrap(), Removed::default());
        for (name, modified, accessed) in
            [("old", 10, 20), ("read", 10, 200), ("image/part", 10, 20), ("new", 200, 200)]
        {
            let path = cache.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = fs::File::create(&path).unwrap();
            file.set_len(3).unwrap();
            file.set_times(FileTimes::new().set_modified(at(modified)).set_accessed(at(accessed))).unwrap();
        }
        let inside = fs::File::open(cache.join("image")).unwrap();
        inside.set_times(FileTimes::new().set_modified(at(30)).set_accessed(at(500))).unwrap();
        assert_eq!(remove_unused(&cache, at(100)).unwrap(), Removed { count: 2, bytes: 6 });
        assert!(cache.join("read").exists() && cache.join("new").exists());
        assert!(!cache.join("old").exists() && !cache.join("image").exists());
    }
}
