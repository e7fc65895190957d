//! The snapshot that comes with the program, so that the first scan works offline. It is partial, and says so.

use crate::{Store, StoreError};

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

#[cfg(test)]
mod tests {
    use super::snapshot;
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
