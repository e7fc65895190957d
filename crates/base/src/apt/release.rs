//! Release files: what a suite holds and until when (Debian repository format, *"Release" files*).

use std::collections::BTreeMap;

use casehard_oci::Digest;

use crate::deb::{StanzaError, stanzas};

/// Clocks may differ by this much, in seconds.
const CLOCK_SKEW: i64 = 3600;

/// A signed release.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    /// Of its signed text.
    pub(crate) digest: Digest,
    /// `Debian`.
    pub(crate) origin: String,
    /// Every name the suite goes by: codename and suite.
    pub(crate) names: Vec<String>,
    /// Seconds since 1970.
    pub(crate) date: i64,
    valid_until: Option<i64>,
    /// Whether indexes can be had by their digests, which no half-updated mirror gets wrong.
    pub(crate) by_hash: bool,
    /// Path below the suite's folder, digest and size of each index.
    files: BTreeMap<String, (Digest, u64)>,
}

/// Why a release file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// It is no control data.
    #[error(transparent)]
    Stanza(#[from] StanzaError),
    /// It has not the field.
    #[error("field {0} is missing")]
    Missing(&'static str),
    /// A field cannot be read.
    #[error("field {field} is {value:?}")]
    Field {
        /// Its name.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// It is dated in the future.
    #[error("it is dated {0}, which has not come yet (is the clock of this machine wrong?)")]
    Future(String),
    /// Its time is over.
    #[error("it was valid until {0} (the mirror may be stale or somebody holds back updates)")]
    Expired(String),
}

impl Release {
    /// Reads a release file.
    pub(crate) fn parse(text: &str) -> Result<Self, ReleaseError> {
        let stanza = stanzas(text).next().ok_or(ReleaseError::Missing("Date"))??;
        let time = |field: &'static str| {
            stanza.get(field).map(|value| {
                parse_date(value).ok_or_else(|| ReleaseError::Field { field, value: value.to_owned() })
            })
        };
        let mut files = BTreeMap::new();
        for line in stanza.get("SHA256").ok_or(ReleaseError::Missing("SHA256"))?.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.is_empty() {
                continue;
            }
            let broken = || ReleaseError::Field { field: "SHA256", value: line.to_owned() };
            let [digest, size, path] = words[..] else { return Err(broken()) };
            let digest = format!("sha256:{digest}").parse().map_err(|_| broken())?;
            files.insert(path.to_owned(), (digest, size.parse().map_err(|_| broken())?));
        }
        Ok(Self {
            digest: Digest::of(text.as_bytes()),
            origin: stanza.get("Origin").unwrap_or_default().to_owned(),
            names: ["Codename", "Suite"].iter().filter_map(|f| stanza.get(f)).map(str::to_owned).collect(),
            date: time("Date").ok_or(ReleaseError::Missing("Date"))??,
            valid_until: time("Valid-Until").transpose()?,
            by_hash: stanza.get("Acquire-By-Hash") == Some("yes"),
            files,
        })
    }

    /// Whether the release may be used at `now` (seconds since 1970).
    pub(crate) fn check(&self, now: i64, check_valid_until: bool) -> Result<(), ReleaseError> {
        if self.date > now + CLOCK_SKEW {
            return Err(ReleaseError::Future(crate::clock::rfc3339(self.date)));
        }
        match self.valid_until {
            Some(until) if check_valid_until && until < now => {
                Err(ReleaseError::Expired(crate::clock::rfc3339(until)))
            }
            _ => Ok(()),
        }
    }

    /// The digest and size of an index.
    pub(crate) fn file(&self, path: &str) -> Option<(Digest, u64)> {
        self.files.get(path).copied()
    }
}

/// `Sat, 11 Jul 2026 10:16:37 UTC` (RFC 1123 with a zone of zero).
fn parse_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, day, month, year, time, "UTC" | "GMT" | "+0000" | "Z"] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let mut parts = time.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let year: i64 = year.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let day: i64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    Some(crate::clock::days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Origin: X\nSuite: oldstable\nCodename: bookworm\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n\
        Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC\nAcquire-By-Hash: yes\nSHA256:\n \
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 main/binary-amd64/Packages\n";

    #[test]
    fn dates_and_files() {
        let release = Release::parse(TEXT).unwrap();
        assert_eq!(release.date, 1_783_764_997);
        assert_eq!(release.names, ["bookworm", "oldstable"]);
        assert_eq!(release.file("main/binary-amd64/Packages"), Some((Digest::of(b""), 0)));
        assert!(release.by_hash);
        assert!(release.check(release.date, true).is_ok());
        assert!(matches!(release.check(release.date + 8 * 86_400, true), Err(ReleaseError::Expired(_))));
        assert!(release.check(release.date + 8 * 86_400, false).is_ok());
        assert!(matches!(release.check(release.date - 86_400, true), Err(ReleaseError::Future(_))));
    }

    #[test]
    fn broken_ones_say_what() {
        for (from, to, said) in [
            ("SHA256:", "SHA1:", "SHA256"),
            ("Date: Sat", "Date: Sat, Sat", "Date"),
            ("\nDate", "\nDated", "Date"),
            (" 0 main", " x main", "SHA256"),
        ] {
            let error = Release::parse(&TEXT.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
