//! Downloads, and the cache that keeps them by digest.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use casehard_oci::{Digest, Hasher};

/// How often an address is tried when the network fails.
const TRIES: u32 = 3;
/// Downloads at the same time.
const PARALLEL: usize = 6;

/// Why something could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The server or the network refused.
    #[error("{uri}: {source}")]
    Network {
        /// The address.
        uri: String,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// A local address or the cache cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The bytes are not those that the signed index announces.
    #[error("{uri} has digest {found} and {size} bytes, but {expected} is what the signed index announces")]
    Digest {
        /// The address.
        uri: String,
        /// What the index says.
        expected: Digest,
        /// What was received.
        found: Digest,
        /// How many bytes were received.
        size: u64,
    },
    /// The address is of a kind that is not read.
    #[error("{0} is neither an http, https nor file address")]
    Scheme(String),
}

impl FetchError {
    /// Whether the server answered that there is no such file.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Self::Network { source, .. } => matches!(**source, ureq::Error::StatusCode(404 | 403 | 410)),
            Self::File { source, .. } => source.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }
}

/// A folder of files by digest. A file is hashed again each time it is used, so that nobody has to trust the disk.
#[derive(Debug, Clone)]
pub struct Cache(PathBuf);

impl Cache {
    /// A cache in `folder`, which is made when something is put in.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.0.join("sha256").join(&hex[..2]).join(hex)
    }

    /// The file of a digest, when it is there and whole; a broken one is removed.
    fn get(&self, digest: &Digest) -> Option<PathBuf> {
        let path = self.path(digest);
        let mut hasher = Hashing { hasher: Hasher::new(), size: 0, to: io::sink() };
        let mut file = File::open(&path).ok()?;
        let whole = io::copy(&mut file, &mut hasher).is_ok() && hasher.hasher.finish() == *digest;
        if !whole {
            let _ = fs::remove_file(&path);
        }
        whole.then_some(path)
    }

    /// Puts in what `from` yields, when it has the digest and no more than `size` bytes.
    fn put(&self, uri: &str, from: &mut dyn Read, digest: &Digest, size: u64) -> Result<PathBuf, FetchError> {
        let path = self.path(digest);
        let folder = path.parent().unwrap_or(&self.0);
        let file = |source| FetchError::File { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(file)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(file)?;
        let mut hashing = Hashing { hasher: Hasher::new(), size: 0, to: temporary.as_file_mut() };
        // One byte more than expected tells a longer file from a whole one.
        io::copy(&mut from.take(size + 1), &mut hashing)
            .map_err(|error| FetchError::Network { uri: uri.to_owned(), source: Box::new(error.into()) })?;
        let (found, received) = (hashing.hasher.finish(), hashing.size);
        if found != *digest {
            return Err(FetchError::Digest { uri: uri.to_owned(), expected: *digest, found, size: received });
        }
        temporary
            .persist(&path)
            .map_err(|error| FetchError::File { path: path.clone(), source: error.error })?;
        Ok(path)
    }
}

struct Hashing<W> {
    hasher: Hasher,
    size: u64,
    to: W,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A file to be had.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) uri: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

/// Somebody who gets files over the network, or from the cache.
pub(crate) struct Fetcher {
    direct: ureq::Agent,
    proxied: Option<ureq::Agent>,
    no_proxy: Vec<String>,
    cache: Cache,
}

impl Fetcher {
    /// `proxy` is an address; hosts that end in one of `no_proxy` are reached without it.
    pub(crate) fn new(cache: Cache, proxy: Option<&str>, no_proxy: &[String]) -> Result<Self, FetchError> {
        let agent = |proxy: Option<ureq::Proxy>| -> ureq::Agent {
            ureq::Agent::config_builder()
                .proxy(proxy)
                .timeout_connect(Some(Duration::from_secs(20)))
                .timeout_recv_response(Some(Duration::from_secs(60)))
                .user_agent(concat!("casehard/", env!("CARGO_PKG_VERSION")))
                .build()
                .into()
        };
        let network =
            |uri: &str, source| FetchError::Network { uri: uri.to_owned(), source: Box::new(source) };
        let proxied = proxy
            .map(|uri| {
                ureq::Proxy::new(uri).map(|proxy| agent(Some(proxy))).map_err(|error| network(uri, error))
            })
            .transpose()?;
        Ok(Self { direct: agent(None), proxied, no_proxy: no_proxy.to_vec(), cache })
    }

    /// A small document that is verified by its signature.
    pub(crate) fn document(&self, uri: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        self.retrying(|| {
            let mut bytes = Vec::new();
            self.open(uri)?.take(limit).read_to_end(&mut bytes).map_err(|error| FetchError::Network {
                uri: uri.to_owned(),
                source: Box::new(error.into()),
            })?;
            Ok(bytes)
        })
    }

    /// A file by digest, from the cache when it is there.
    pub(crate) fn file(&self, wanted: &Wanted) -> Result<PathBuf, FetchError> {
        if let Some(path) = self.cache.get(&wanted.digest) {
            return Ok(path);
        }
        self.retrying(|| {
            let mut reader = self.open(&wanted.uri)?;
            self.cache.put(&wanted.uri, &mut reader, &wanted.digest, wanted.size)
        })
    }

    /// Many files, several at a time, in the order asked for. `done` hears of each with its size.
    pub(crate) fn files(
        &self,
        wanted: &[Wanted],
        done: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<PathBuf>, FetchError> {
        let next = AtomicUsize::new(0);
        let paths: Mutex<Vec<Option<PathBuf>>> = Mutex::new(vec![None; wanted.len()]);
        let failure: Mutex<Option<(usize, FetchError)>> = Mutex::new(None);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = wanted.get(at) else { return };
                match self.file(file) {
                    Ok(path) => {
                        lock(&paths)[at] = Some(path);
                        done(file.size);
                    }
                    Err(error) => {
                        next.store(wanted.len(), Ordering::Relaxed);
                        let mut failure = lock(&failure);
                        // The first file in order is named, whichever thread failed first.
                        if failure.as_ref().is_none_or(|(other, _)| at < *other) {
                            *failure = Some((at, error));
                        }
                        return;
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..PARALLEL.min(wanted.len()) {
                scope.spawn(work);
            }
        });
        match failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(lock(&paths).iter_mut().filter_map(Option::take).collect()),
        }
    }

    fn retrying<T>(&self, attempt: impl Fn() -> Result<T, FetchError>) -> Result<T, FetchError> {
        let mut tries = 1;
        loop {
            match attempt() {
                Err(FetchError::Network { source, .. }) if tries < TRIES && is_transient(&source) => {
                    std::thread::sleep(Duration::from_millis(300) * tries);
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    fn open(&self, uri: &str) -> Result<Box<dyn Read>, FetchError> {
        if let Some(path) = uri.strip_prefix("file:") {
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            let file =
                File::open(path).map_err(|source| FetchError::File { path: path.to_owned(), source })?;
            return Ok(Box::new(file));
        }
        let Some(rest) = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://")) else {
            return Err(FetchError::Scheme(uri.to_owned()));
        };
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let agent = match &self.proxied {
            Some(proxied) if !self.no_proxy.iter().any(|suffix| covers(suffix, host)) => proxied,
            _ => &self.direct,
        };
        match agent.get(uri).call() {
            Ok(response) => Ok(Box::new(response.into_body().into_with_config().limit(u64::MAX).reader())),
            Err(source) => Err(FetchError::Network { uri: uri.to_owned(), source: Box::new(source) }),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Whether an entry of `NO_PROXY` covers a host: all, itself, or a domain it stands in.
fn covers(entry: &str, host: &str) -> bool {
    let entry = entry.trim().trim_start_matches('.');
    entry == "*"
        || (!entry.is_empty()
            && host.strip_suffix(entry).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

fn is_transient(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::StatusCode(code) => *code == 429 || *code >= 500,
        ureq::Error::Io(_)
        | ureq::Error::Timeout(_)
        | ureq::Error::ConnectionFailed
        | ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_does_not_trust_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source");
        fs::write(&source, "content").unwrap();
        let fetcher = Fetcher::new(Cache::new(folder.path().join("cache")), None, &[]).unwrap();
        let digest = Digest::of(b"content");
        let wanted = Wanted { uri: format!("file:{}", source.display()), digest, size: 7 };
        let path = fetcher.file(&wanted).unwrap();
        fs::write(&source, "changed").unwrap();
        assert_eq!(fetcher.file(&wanted).unwrap(), path, "it comes from the cache");
        fs::write(&path, "damaged").unwrap();
        let error = fetcher.file(&wanted).unwrap_err();
        assert!(matches!(error, FetchError::Digest { .. }), "{error}");
        assert!(!path.exists());
        fs::write(&source, "content and more").unwrap();
        assert!(matches!(fetcher.file(&wanted), Err(FetchError::Digest { size: 8, .. })));
        fs::write(&source, "content").unwrap();
        let many = vec![wanted.clone(); 20];
        assert_eq!(fetcher.files(&many, &|_| {}).unwrap().len(), 20);
        let absent = Wanted { uri: "file:/nonexistent".into(), digest: Digest::of(b"x"), size: 1 };
        assert!(fetcher.files(&[wanted, absent], &|_| {}).unwrap_err().is_absent());
    }

    #[test]
    fn what_no_proxy_covers() {
        assert!(
            covers("*", "a.example") && covers(".example", "a.example") && covers("a.example", "a.example")
        );
        assert!(!covers("b.example", "ab.example") && !covers("", "a.example"));
    }
}
