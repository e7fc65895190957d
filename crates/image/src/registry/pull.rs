//! Blobs and manifests of a repository, through a cache that parallel runs share: a blob lies there under its digest,
//! and is put there by a rename once its bytes have been checked.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, Read, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use casehard_oci::{Descriptor, Digest, MediaType, Reference};
use tempfile::{NamedTempFile, TempDir};
use ureq::http::header;

use super::{
    Client, RegistryError,
    blob::{Place, fetch},
    client::{Ask, body, refused, shown},
    mirrors,
};
use crate::{Limits, ReadError, Registries, cache, copy::is_foreign, source::Blobs};

/// Blobs that are pulled at once.
const PARALLEL: usize = 4;

/// How often a mirror is asked before the next one is.
const MIRROR_ATTEMPTS: u32 = 2;

const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// A repository to read from.
#[derive(Debug)]
pub(crate) struct Remote {
    /// The mirrors, and the registry itself last.
    clients: Vec<Client>,
    /// Which of them has the image.
    answered: AtomicUsize,
    reference: Reference,
    folder: PathBuf,
    limits: Limits,
    /// Where else a blob may be had, as its descriptor says.
    elsewhere: Mutex<HashMap<Digest, Vec<String>>>,
    /// Blobs that this run has pulled and checked.
    fresh: Mutex<HashSet<Digest>>,
    /// Without a cache: gone with the image.
    _temporary: Option<TempDir>,
}

impl Remote {
    pub(crate) fn new(
        reference: &Reference,
        registries: &Registries,
        limits: &Limits,
    ) -> Result<Self, RegistryError> {
        let places = mirrors::places(&registries.configuration, reference)?;
        let clients = places.iter().map(|place| Client::new(place, registries, false, None));
        let mut clients: Vec<Client> = clients.collect::<Result<_, _>>()?;
        if let Some((_, mirrors)) = clients.split_last_mut() {
            mirrors.iter_mut().for_each(|mirror| mirror.attempts = MIRROR_ATTEMPTS);
        }
        let (folder, temporary) = match &registries.cache {
            Some(cache) => (cache.join("blobs/sha256"), None),
            None => {
                let folder =
                    tempfile::tempdir().map_err(|error| RegistryError::cache(Path::new("."), &error))?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        private_folder(&folder).map_err(|error| RegistryError::cache(&folder, &error))?;
        Ok(Self {
            clients,
            answered: AtomicUsize::new(0),
            reference: reference.clone(),
            folder,
            limits: *limits,
            elsewhere: Mutex::default(),
            fresh: Mutex::default(),
            _temporary: temporary,
        })
    }

    /// Asks the places in turn, the one that answered first; the error that is told is the registry's own.
    fn any<T>(&self, ask: impl Fn(&Client) -> Result<T, RegistryError>) -> Result<T, RegistryError> {
        let first = self.answered.load(Ordering::Relaxed);
        let mut order: Vec<usize> = (0..self.clients.len()).filter(|at| *at != first).collect();
        order.insert(0, first);
        let mut failure = None;
        for at in order {
            match ask(&self.clients[at]) {
                Ok(answer) => {
                    self.answered.store(at, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error @ RegistryError::Cache { .. }) => return Err(error),
                Err(error) if failure.is_none() || at + 1 == self.clients.len() => failure = Some(error),
                Err(_) => {}
            }
        }
        Err(failure.unwrap_or_else(|| RegistryError::Protocol {
            url: self.reference.to_string(),
            what: "there is nobody to ask".to_owned(),
        }))
    }

    /// What the reference names: an index or a manifest.
    pub(crate) fn resolve(&self) -> Result<(Descriptor, Vec<u8>), RegistryError> {
        let reference = &self.reference;
        let wanted = match (&reference.digest, &reference.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, tag) => tag.clone().unwrap_or_default(),
        };
        let (media_type, bytes) = self.any(|client| {
            let (media_type, bytes) = self.get_manifest(client, &wanted)?;
            let found = Digest::of(&bytes);
            match reference.digest.filter(|expected| *expected != found) {
                Some(expected) => {
                    Err(RegistryError::Digest { url: client.url("manifests"), expected, found })
                }
                None => Ok((media_type, bytes)),
            }
        })?;
        let found = Digest::of(&bytes);
        self.keep(&found, &bytes)?;
        Ok((Descriptor::new(media_type, found, bytes.len() as u64), bytes))
    }

    fn get_manifest(&self, client: &Client, wanted: &str) -> Result<(MediaType, Vec<u8>), RegistryError> {
        let url = client.url(&format!("manifests/{wanted}"));
        let headers = vec![("accept", ACCEPT.to_owned())];
        let answer = client.ask(&Ask { method: "GET", url: url.clone(), headers, body: None })?;
        if answer.status() != 200 {
            return Err(refused(&format!("{}", client.reference), &url, answer));
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

    /// The manifests that speak of one.
    pub(crate) fn referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>, RegistryError> {
        let at = self.answered.load(Ordering::Relaxed);
        super::referrers::list(&self.clients[at], digest)
    }

    /// Pulls what is not there yet, several at once. The error of the first of them is told.
    pub(crate) fn pull(&self, blobs: &[Descriptor]) -> Result<(), RegistryError> {
        self.remember(blobs);
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

    /// Publishers of foreign layers keep them elsewhere.
    fn remember(&self, blobs: &[Descriptor]) {
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        for blob in blobs.iter().filter(|blob| is_foreign(blob)) {
            let urls = blob.rest.get("urls").and_then(serde_json::Value::as_array);
            let urls = urls.into_iter().flatten().filter_map(serde_json::Value::as_str);
            let urls: Vec<String> =
                urls.filter(|url| url.starts_with("https://")).map(str::to_owned).collect();
            if !urls.is_empty() {
                elsewhere.insert(blob.digest, urls);
            }
        }
    }

    /// Where a blob lies, pulled now unless it is there.
    fn fetch(&self, digest: &Digest, size: Option<u64>) -> Result<PathBuf, RegistryError> {
        let path = self.folder.join(digest.hex());
        if let Some(file) = cache::touched(&path)
            && size.is_none_or(|size| file.metadata().is_ok_and(|there| there.len() == size))
        {
            return Ok(path);
        }
        let limit = size.unwrap_or(self.limits.unpacked);
        if limit > self.limits.unpacked {
            let url = self.clients[0].url(&format!("blobs/{digest}"));
            return Err(RegistryError::TooLarge { url: shown(&url), limit: self.limits.unpacked });
        }
        let mut file = self.temporary()?;
        let mut pulled = self.any(|client| {
            let url = client.url(&format!("blobs/{digest}"));
            fetch(client, &Place::Registry(url), digest, size, limit, file.as_file(), &self.folder)
        });
        if pulled.is_err() {
            let elsewhere =
                self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned();
            for url in elsewhere.into_iter().flatten() {
                pulled = fetch(
                    &self.clients[0],
                    &Place::Elsewhere(url),
                    digest,
                    size,
                    limit,
                    file.as_file(),
                    &self.folder,
                );
                if pulled.is_ok() {
                    break;
                }
            }
        }
        pulled?;
        file.flush().map_err(|error| RegistryError::cache(&self.folder, &error))?;
        file.persist(&path).map_err(|error| RegistryError::cache(&self.folder, &error.error))?;
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).insert(*digest);
        Ok(path)
    }

    fn temporary(&self) -> Result<NamedTempFile, RegistryError> {
        let made = tempfile::Builder::new().prefix(cache::PARTIAL).tempfile_in(&self.folder);
        made.map_err(|error| RegistryError::cache(&self.folder, &error))
    }

    fn keep(&self, digest: &Digest, bytes: &[u8]) -> Result<(), RegistryError> {
        let failed = |error: io::Error| RegistryError::cache(&self.folder, &error);
        let mut file = self.temporary()?;
        file.write_all(bytes).map_err(failed)?;
        file.persist(self.folder.join(digest.hex())).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

impl Blobs for Remote {
    fn blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        let path = self.fetch(digest, None).map_err(|error| ReadError::Registry(Box::new(error)))?;
        let file = File::open(&path).map_err(|error| ReadError::io(format!("blob {digest}"), error))?;
        Ok(Box::new(file))
    }

    fn fresh(&self, digest: &Digest) -> Option<PathBuf> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.contains(digest).then(|| self.folder.join(digest.hex()))
    }

    fn prepare(&self, blobs: &[Descriptor]) -> Result<(), ReadError> {
        self.pull(blobs).map_err(|error| ReadError::Registry(Box::new(error)))
    }

    fn manifest(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        let path = self.folder.join(digest.hex());
        if cache::touched(&path).is_none() {
            let wanted = digest.to_string();
            let (_, bytes) = self
                .any(|client| self.get_manifest(client, &wanted))
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

/// Makes the folder of cached blobs, which others do not look into: a blob has the mode of those in layouts, as it may be
/// one of them.
fn private_folder(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made,
    }
}
