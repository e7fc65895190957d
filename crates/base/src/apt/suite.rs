//! Opening a suite: its release is fetched and verified, and its indexes are read.

use std::{fs, io::BufReader, path::PathBuf};

use super::{
    fetch::{FetchError, Fetcher, Wanted},
    index::Index,
    openpgp::{Keyring, OpenPgpError},
    release::{Release, ReleaseError},
    sources::{Repository, SignedBy},
};

/// A release file is smaller than this.
const RELEASE_LIMIT: u64 = 32 << 20;

/// Why a suite cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// A file of it cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A keyring cannot be read.
    #[error("keyring {path}: {source}")]
    KeyringFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A keyring holds no keys.
    #[error("keyring {name}: {source}")]
    Keyring {
        /// Its file, or the source that has it inside.
        name: String,
        /// Why.
        source: OpenPgpError,
    },
    /// There is no keyring to verify with.
    #[error("no keyring is known to verify {0} with")]
    NoKeyring(String),
    /// The release is not signed as it must be.
    #[error("the release of suite {suite} at {uri} is refused: {source}")]
    Signature {
        /// The suite.
        suite: String,
        /// Its address.
        uri: String,
        /// Why.
        source: OpenPgpError,
    },
    /// The release is signed but cannot be used.
    #[error("the release of suite {suite} at {uri} is refused: {source}")]
    Release {
        /// The suite.
        suite: String,
        /// Its address.
        uri: String,
        /// Why.
        source: ReleaseError,
    },
    /// The release is that of another suite.
    #[error("{uri} serves the release of {} where suite {suite} is expected", .found.join(" or "))]
    OtherSuite {
        /// What was asked for.
        suite: String,
        /// Its address.
        uri: String,
        /// What came.
        found: Vec<String>,
    },
    /// The release has no packages of a component for the architecture.
    #[error("suite {suite} at {uri} has no component {component:?} for architecture {architecture:?}")]
    Component {
        /// The suite.
        suite: String,
        /// Its address.
        uri: String,
        /// The component.
        component: String,
        /// The architecture.
        architecture: String,
    },
    /// An index cannot be decompressed.
    #[error("index {uri}: {source}")]
    Index {
        /// Its address.
        uri: String,
        /// Why.
        source: std::io::Error,
    },
}

/// How releases are judged.
#[derive(Debug, Clone)]
pub(crate) struct Trust<'a> {
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// Whether a release past its `Valid-Until` is refused.
    pub(crate) check_valid_until: bool,
    /// Keyrings of repositories that name none.
    pub(crate) trusted: &'a [PathBuf],
}

/// The release of a suite, verified.
pub(crate) fn release(
    repository: &Repository,
    fetcher: &Fetcher,
    trust: &Trust<'_>,
) -> Result<Release, SuiteError> {
    let release = signed(repository, &folder(repository), fetcher, trust)?;
    let is_flat = repository.suite.ends_with('/');
    if !is_flat && !release.names.iter().any(|name| is_named(name, &repository.suite)) {
        return Err(SuiteError::OtherSuite {
            suite: repository.suite.clone(),
            uri: repository.uri.clone(),
            found: release.names,
        });
    }
    Ok(release)
}

/// Where a suite's release stands.
fn folder(repository: &Repository) -> String {
    if repository.suite.ends_with('/') {
        format!("{}/{}", repository.uri, repository.suite.trim_end_matches('/'))
    } else {
        format!("{}/dists/{}", repository.uri, repository.suite)
    }
}

/// Reads the packages of a suite into the index.
pub(crate) fn packages(
    repository: &Repository,
    release: &Release,
    number: usize,
    architecture: &str,
    fetcher: &Fetcher,
    index: &mut Index,
) -> Result<(), SuiteError> {
    let flat = repository.suite.ends_with('/');
    let folder = folder(repository);
    let components = if flat { vec![String::new()] } else { repository.components.clone() };
    for component in components {
        let stem =
            if flat { "Packages".into() } else { format!("{component}/binary-{architecture}/Packages") };
        let found = [".xz", ".gz", ""].iter().find_map(|suffix| {
            let path = format!("{stem}{suffix}");
            release.file(&path).map(|file| (path, file))
        });
        let Some((path, (digest, size))) = found else {
            return Err(SuiteError::Component {
                suite: repository.suite.clone(),
                uri: repository.uri.clone(),
                component,
                architecture: architecture.to_owned(),
            });
        };
        let uri = match path.rsplit_once('/') {
            Some((parent, _)) if release.by_hash => {
                format!("{folder}/{parent}/by-hash/SHA256/{}", digest.hex())
            }
            _ => format!("{folder}/{path}"),
        };
        let broken = |source| SuiteError::Index { uri: uri.clone(), source };
        let file = fetcher.file(&Wanted { uri: uri.clone(), digest, size })?;
        let file = BufReader::with_capacity(1 << 16, fs::File::open(file).map_err(broken)?);
        // The three suffixes asked for are all known.
        if let Some(reader) = crate::deb::decompress(&path, file).map_err(broken)? {
            index.add(BufReader::with_capacity(1 << 16, reader), number, architecture).map_err(broken)?;
        }
    }
    Ok(())
}

/// `bookworm-security` is also served as codename `bookworm-security` and suite `oldstable-security`; older releases of
/// security call themselves `buster/updates`.
fn is_named(name: &str, suite: &str) -> bool {
    name == suite || name.split('/').next() == suite.split('/').next()
}

fn signed(
    repository: &Repository,
    folder: &str,
    fetcher: &Fetcher,
    trust: &Trust<'_>,
) -> Result<Release, SuiteError> {
    let keyring = keyring(repository, trust)?;
    let refused = |source| SuiteError::Signature {
        suite: repository.suite.clone(),
        uri: repository.uri.clone(),
        source,
    };
    let text =
        |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| refused(OpenPgpError::Form("it is not text")));
    let content = match fetcher.document(&format!("{folder}/InRelease"), RELEASE_LIMIT) {
        Ok(bytes) => keyring.cleartext(&text(bytes)?, trust.now).map_err(refused)?,
        Err(error) if error.is_absent() => {
            let document = fetcher.document(&format!("{folder}/Release"), RELEASE_LIMIT)?;
            let signature = text(fetcher.document(&format!("{folder}/Release.gpg"), 1 << 20)?)?;
            keyring.detached(&document, &signature, trust.now).map_err(refused)?;
            text(document)?
        }
        Err(error) => return Err(error.into()),
    };
    let refused =
        |source| SuiteError::Release { suite: repository.suite.clone(), uri: repository.uri.clone(), source };
    let release = Release::parse(&content).map_err(refused)?;
    let check = repository.check_valid_until.unwrap_or(trust.check_valid_until);
    release.check(trust.now, check).map_err(refused)?;
    Ok(release)
}

fn keyring(repository: &Repository, trust: &Trust<'_>) -> Result<Keyring, SuiteError> {
    let mut keyring = Keyring::default();
    let files = match &repository.signed_by {
        SignedBy::Files(files) => files.as_slice(),
        SignedBy::Trusted => trust.trusted,
        SignedBy::Inline(key) => {
            let name = format!("of source {}", repository.uri);
            keyring.add(key.as_bytes()).map_err(|source| SuiteError::Keyring { name, source })?;
            return Ok(keyring);
        }
    };
    for path in files {
        let bytes =
            fs::read(path).map_err(|source| SuiteError::KeyringFile { path: path.clone(), source })?;
        keyring
            .add(&bytes)
            .map_err(|source| SuiteError::Keyring { name: path.display().to_string(), source })?;
    }
    if keyring.is_empty() {
        return Err(SuiteError::NoKeyring(repository.uri.clone()));
    }
    Ok(keyring)
}
