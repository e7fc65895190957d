//! Blobs and manifests of a repository, through a cache that parallel runs share: a blob lies there under its digest,
//! and is put there by a rename once its bytes have been checked.

use std::{
    fs::{self, File},
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use casehard_oci::{Descriptor, Digest, Hasher, MediaType};
use tempfile::{NamedTempFile, TempDir};
use ureq::http::header;

use super::{
    Client, RegistryError,
    client::{ATTEMPTS, Ask, backoff, body, refused, shown},
};
use crate::{Limits, ReadError, Registries, source::Blobs};

/// Blobs that are pulled at once.
const PARALLEL: usize = 4;

const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// A repository to read from.
#[derive(Debug)]
pub(crate) struct Remote {
    client: Client,
    folder: PathBuf,
    limits: Limits,
    /// Without a cache: gone with the image.
    _temporary: Option<TempDir>,
}

impl Remote {
    pub(crate) fn new(
        client: Client,
        registries: &Registries,
        limits: &Limits,
    ) -> Result<Self, RegistryError> {
        let (folder, temporary) = match &registries.cache {
            Some(cache) => (cache.join("blobs/sha256"), None),
            None => {
                let folder =
                    tempfile::tempdir().map_err(|error| RegistryError::cache(Path::new("."), &error))?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        fs::create_dir_all(&folder).map_err(|error| RegistryError::cache(&folder, &error))?;
        Ok(Self { client, folder, limits: *limits, _temporary: temporary })
    }

    /// What the reference names: an index or a manifest.
    pub(crate) fn resolve(&self) -> Result<(Descriptor, Vec<u8>), RegistryError> {
        let reference = &self.client.reference;
        let wanted = match (&reference.digest, &reference.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, tag) => tag.clone().unwrap_or_default(),
        };
        let (media_type, bytes) = self.get_manifest(&wanted)?;
        let found = Digest::of(&bytes);
        if let Some(expected) = reference.digest.filter(|expected| *expected != found) {
            let url = self.client.url("manifests");
            return Err(RegistryError::Digest { url, expected, found });
        }
        self.keep(&found, &bytes)?;
        Ok((Descriptor::new(media_type, found, bytes.len() as u64), bytes))
    }

    fn get_manifest(&self, wanted: &str) -> Result<(MediaType, Vec<u8>), RegistryError> {
        let url = self.client.url(&format!("manifests/{wanted}"));
        let headers = vec![("accept", ACCEPT.to_owned())];
        let answer = self.client.ask(&Ask { method: "GET", url: url.clone(), headers, body: None })?;
        if answer.status() != 200 {
            return Err(refused(&format!("{}", self.client.reference), &url, answer));
        }
        let stated = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let stated = stated.map(|text| text.split(';').next().unwrap_or_default().trim().to_owned());
        let bytes = body(answer, self.limits.document, &url)?;
        // What the document says of itself counts more than what the server says of it.
        let json: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|error| RegistryError::Protocol { url: shown(&url), what: error.to_string() })?;
        let media_type = json["mediaType"].as_str().map(str::to_owned).or(stated).unwrap_or_default();
        let Ok(media_type) = media_type.parse();
        Ok((media_type, bytes))
    }

    /// Pulls what is not there yet, several at once. The error of the first of them is told.
    pub(crate) fn pull(&self, blobs: &[Descriptor]) -> Result<(), RegistryError> {
        let next = AtomicUsize::new(0);
        let failure: Mutex<Option<(usize, RegistryError)>> = Mutex::new(None);
        let lock = || failure.lock().unwrap_or_else(PoisonError::into_inner);
        let work = || {
            while lock().is_none() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(blob) = blobs.get(index) else { break };
                if let Err(error) = self.fetch(&blob.digest, Some(blob.size)) {
                    let mut failure = lock();
                    if failure.as_ref().is_none_or(|(failed, _)| index < *failed) {
                        *failure = Some((index, error));
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..PARALLEL.min(blobs.len()) {
                scope.spawn(work);
            }
            work();
        });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    /// Where a blob lies, pulled now unless it is there.
    fn fetch(&self, digest: &Digest, size: Option<u64>) -> Result<PathBuf, RegistryError> {
        let path = self.folder.join(digest.hex());
        if path.exists() {
            return Ok(path);
        }
        let cache = |error: io::Error| RegistryError::cache(&self.folder, &error);
        let mut file = self.temporary()?;
        let mut progress = Progress { hasher: Hasher::new(), count: 0 };
        let limit = size.unwrap_or(self.limits.unpacked);
        let url = self.client.url(&format!("blobs/{digest}"));
        let mut attempt = 0;
        loop {
            let before = progress.count;
            match self.continue_blob(&url, digest, limit, file.as_file_mut(), &mut progress)? {
                None => break,
                // As long as it goes on, it goes on.
                Some(_) if progress.count > before => attempt = 0,
                Some(message) => {
                    attempt += 1;
                    if attempt >= ATTEMPTS {
                        return Err(RegistryError::Network { url: shown(&url), message });
                    }
                    thread::sleep(backoff(attempt));
                }
            }
        }
        let found = progress.hasher.finish();
        if found != *digest {
            return Err(RegistryError::Digest { url: shown(&url), expected: *digest, found });
        }
        file.persist(&path).map_err(|error| cache(error.error))?;
        Ok(path)
    }

    /// Asks for the rest of a blob. A connection that breaks off is `Some`: why.
    fn continue_blob(
        &self,
        url: &str,
        digest: &Digest,
        limit: u64,
        file: &mut File,
        progress: &mut Progress,
    ) -> Result<Option<String>, RegistryError> {
        let cache = |error: io::Error| RegistryError::cache(&self.folder, &error);
        let mut headers = Vec::new();
        if progress.count > 0 {
            headers.push(("range", format!("bytes={}-", progress.count)));
        }
        let answer = self.client.ask(&Ask { method: "GET", url: url.to_owned(), headers, body: None })?;
        match answer.status().as_u16() {
            206 if progress.count > 0 => {}
            // It sends everything again.
            200 => {
                *progress = Progress { hasher: Hasher::new(), count: 0 };
                file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)).map(|_| ())).map_err(cache)?;
            }
            _ => return Err(refused(&format!("blob {digest}"), url, answer)),
        }
        let mut reader = answer.into_body().into_reader();
        let mut buffer = vec![0; 128 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) if progress.count < limit && limit != self.limits.unpacked => {
                    return Ok(Some(format!("it ends after {} of {limit} bytes", progress.count)));
                }
                Ok(0) => return Ok(None),
                Ok(read) => {
                    progress.count += read as u64;
                    if progress.count > limit {
                        return Err(RegistryError::TooLarge { url: shown(url), limit });
                    }
                    progress.hasher.update(&buffer[..read]);
                    file.write_all(&buffer[..read]).map_err(cache)?;
                }
                Err(error) => return Ok(Some(error.to_string())),
            }
        }
    }

    fn temporary(&self) -> Result<NamedTempFile, RegistryError> {
        let made = tempfile::Builder::new().prefix(".pull-").tempfile_in(&self.folder);
        made.map_err(|error| RegistryError::cache(&self.folder, &error))
    }

    fn keep(&self, digest: &Digest, bytes: &[u8]) -> Result<PathBuf, RegistryError> {
        let path = self.folder.join(digest.hex());
        let cache = |error: io::Error| RegistryError::cache(&self.folder, &error);
        let mut file = self.temporary()?;
        file.write_all(bytes).map_err(cache)?;
        file.persist(&path).map_err(|error| cache(error.error))?;
        Ok(path)
    }
}

/// How far a blob has come.
struct Progress {
    hasher: Hasher,
    count: u64,
}

impl Blobs for Remote {
    fn blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        let path = self.fetch(digest, None).map_err(|error| ReadError::Registry(Box::new(error)))?;
        let file = File::open(&path).map_err(|error| ReadError::io(format!("blob {digest}"), error))?;
        Ok(Box::new(file))
    }

    fn manifest(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        let path = self.folder.join(digest.hex());
        if !path.exists() {
            let (_, bytes) = self
                .get_manifest(&digest.to_string())
                .map_err(|error| ReadError::Registry(Box::new(error)))?;
            // Whoever reads checks the digest; only what has it is kept.
            if Digest::of(&bytes) != *digest {
                return Ok(Box::new(io::Cursor::new(bytes)));
            }
            self.keep(digest, &bytes).map_err(|error| ReadError::Registry(Box::new(error)))?;
        }
        self.blob(digest)
    }
}
