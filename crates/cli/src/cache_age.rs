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

/// What stays.
#[derive(Debug, Clone, Copy)]
pub struct Stays {
    /// What was used since.
    pub since: SystemTime,
    /// What somebody began to write since: names that begin with a dot, which a killed run leaves.
    pub begun_since: SystemTime,
    /// Of that, what was used last, up to so many bytes.
    pub bytes: Option<u64>,
}

/// Removes each entry of `folder` that does not stay.
pub fn remove_unused(folder: &Path, stays: &Stays) -> io::Result<Removed> {
    let mut removed = Removed::default();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(removed),
        entries => entries?,
    };
    let (mut kept, mut remove) = (Vec::new(), Vec::new());
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let (used, bytes) = used(&path)?;
        let begun = entry.file_name().as_encoded_bytes().starts_with(b".");
        match (begun, used >= if begun { stays.begun_since } else { stays.since }) {
            (true, true) => {}
            (false, true) => kept.push((used, bytes, path)),
            (_, false) => remove.push((bytes, path)),
        }
    }
    kept.sort_unstable_by(|one, other| other.cmp(one));
    let mut total = 0_u64;
    for (_, bytes, path) in kept {
        total += bytes;
        if stays.bytes.is_some_and(|most| total > most) {
            remove.push((bytes, path));
        }
    }
    for (bytes, path) in remove {
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
        let stays = |since, bytes| Stays { since: at(since), begun_since: at(50), bytes };
        assert_eq!(remove_unused(&cache, &stays(0, None)).unwrap(), Removed::default());
        for (name, modified, accessed) in [
            ("old", 10, 20),
            ("read", 10, 200),
            ("image/part", 10, 20),
            ("new", 300, 300),
            (".killed", 10, 20),
            (".begun", 60, 60),
        ] {
            let path = cache.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = fs::File::create(&path).unwrap();
            file.set_len(3).unwrap();
            file.set_times(FileTimes::new().set_modified(at(modified)).set_accessed(at(accessed))).unwrap();
        }
        let inside = fs::File::open(cache.join("image")).unwrap();
        inside.set_times(FileTimes::new().set_modified(at(30)).set_accessed(at(500))).unwrap();
        let left = || {
            let mut names: Vec<_> =
                fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(remove_unused(&cache, &stays(100, None)).unwrap(), Removed { count: 3, bytes: 9 });
        assert_eq!(left(), [".begun", "new", "read"]);
        assert_eq!(remove_unused(&cache, &stays(0, Some(3))).unwrap(), Removed { count: 1, bytes: 3 });
        assert_eq!(left(), [".begun", "new"]);
    }
}
