//! The snapshot that comes with the program, so that the first scan works offline. It is partial, and says so.

use crate::{Store, StoreError};
use sha2::{Digest as _, Sha256};
use std::{fs, io::Write as _, path::Path};

/// An advisory store, zstd-compressed; where its content is from is stated in `data/README.md` and in the store itself.
const SNAPSHOT: &[u8] = include_bytes!("../data/snapshot.zst");

/// Opens the snapshot in memory.
///
/// # Errors
/// If the program was built with a damaged snapshot.
pub fn snapshot() -> Result<Store, StoreError> {
    let bytes =
        zstd::decode_all(SNAPSHOT).map_err(|_| StoreError::Corrupt { what: "the snapshot", at: 0 })?;
    Store::from_bytes(bytes)
}

/// Opens the snapshot from `folder`, where it is unpacked once for each version of it; in memory where it cannot be put
/// there. Mapping it takes less than a tenth of the time that unpacking does.
///
/// # Errors
/// If the program was built with a damaged snapshot.
pub fn snapshot_in(folder: &Path) -> Result<Store, StoreError> {
    let name: String = Sha256::digest(SNAPSHOT).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let path = folder.join(name + ".store");
    if let Ok(store) = Store::open(&path) {
        return Ok(store);
    }
    let store = snapshot()?;
    let put = || {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".snapshot-").tempfile_in(folder)?;
        file.write_all(store.as_bytes())?;
        file.persist(&path).map(drop).map_err(|error| error.error)
    };
    // A folder that cannot be written costs time, and nothing else.
    let _ = put();
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::{snapshot, snapshot_in};
    use crate::{Distribution, Ecosystem, Request, Subject, SubjectKind, scan};

    #[test]
    fn is_sound_and_states_its_sources() {
        let store = snapshot().expect("sound");
        store.verify().expect("the digest it states");
        assert!(store.meta().snapshot);
        for source in &store.meta().sources {
            assert!(source.licence != "unknown" && !source.url.is_empty(), "{}", source.name);
            assert!(
                !matches!(source.name.as_str(), "ubuntu" | "wolfi" | "chainguard" | "alpine"),
                "{}",
                source.name
            );
        }
        let debian = Ecosystem::parse("Debian:12").expect("known");
        let rows = store.rows(&debian, "glibc").expect("sound");
        let fixed = rows.iter().find(|row| row.id == "CVE-2023-4911").and_then(|row| row.ranges[0].fixed);
        assert_eq!(fixed, Some("2.36-9+deb12u3"));
    }

    #[test]
    fn is_unpacked_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("snapshot");
        let names = || {
            let entries = std::fs::read_dir(&place).expect("made");
            entries.map(|entry| entry.expect("readable").path()).collect::<Vec<_>>()
        };
        let first = snapshot_in(&place).expect("sound");
        let [file] = &names()[..] else { panic!("{:?}", names()) };
        let written = std::fs::metadata(file).and_then(|metadata| metadata.modified()).expect("there");
        let again = snapshot_in(&place).expect("sound");
        assert_eq!(again.as_bytes(), first.as_bytes());
        assert_eq!(std::fs::metadata(file).and_then(|metadata| metadata.modified()).expect("there"), written);
        // Half of one, as nobody leaves it, is not used; nor does a place that is none do harm.
        std::fs::write(file, &first.as_bytes()[..9]).expect("written");
        assert_eq!(snapshot_in(&place).expect("sound").as_bytes(), first.as_bytes());
        assert_eq!(snapshot_in(&file.join("below")).expect("sound").as_bytes(), first.as_bytes());
    }

    #[test]
    fn never_lets_clean_be_said() {
        let store = snapshot().expect("sound");
        let distribution =
            Distribution { id: "debian".into(), version_id: "12".into(), ..Distribution::default() };
        let subject = Subject {
            kind: SubjectKind::Distribution,
            name: "no-such".into(),
            version: "1".into(),
            ..Subject::default()
        };
        let request = Request {
            today: "2026-11-21",
            distribution: Some(&distribution),
            subjects: &[subject],
            ..Request::default()
        };
        let scan = scan(&store, &request).expect("sound");
        assert!(scan.findings.is_empty() && !scan.is_clean(), "{:?}", scan.blind);
    }
}
