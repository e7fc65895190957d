//! One blob, pulled to its end: what breaks off is asked for again from there, and the digest is that of the whole.

use std::{
    fs::File,
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    path::Path,
    thread,
};

use casehard_oci::{Digest, Hasher};

use super::{
    Client, RegistryError,
    client::{Ask, backoff, refused, shown},
};

/// Who is asked for a blob.
pub(super) enum Place {
    /// The registry, with its token.
    Registry(String),
    /// Somebody whom a descriptor names.
    Elsewhere(String),
}

impl Place {
    const fn url(&self) -> &String {
        match self {
            Self::Registry(url) | Self::Elsewhere(url) => url,
        }
    }
}

/// How far a blob has come.
struct Progress {
    hasher: Hasher,
    count: u64,
}

impl Progress {
    fn start(file: &mut &File) -> io::Result<Self> {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Self { hasher: Hasher::new(), count: 0 })
    }
}

/// Writes a blob into a file. `size` is what its descriptor says, if there is one; no more than `limit` bytes come.
pub(super) fn fetch(
    client: &Client,
    place: &Place,
    digest: &Digest,
    size: Option<u64>,
    limit: u64,
    mut file: &File,
    folder: &Path,
) -> Result<(), RegistryError> {
    let failed = |error: io::Error| RegistryError::cache(folder, &error);
    let mut progress = Progress::start(&mut file).map_err(failed)?;
    let mut attempt = 0;
    loop {
        let before = progress.count;
        let message = match go_on(client, place, digest, file, &mut progress, limit, folder)? {
            Some(message) => message,
            None => match size.filter(|size| progress.count < *size) {
                Some(size) => format!("it ends after {} of {size} bytes", progress.count),
                None => break,
            },
        };
        // As long as it goes on, it goes on.
        attempt = if progress.count > before { 0 } else { attempt + 1 };
        if attempt >= client.attempts {
            return Err(RegistryError::Network { url: shown(place.url()), message });
        }
        thread::sleep(backoff(attempt));
    }
    let found = progress.hasher.finish();
    if found != *digest {
        return Err(RegistryError::Digest { url: shown(place.url()), expected: *digest, found });
    }
    Ok(())
}

/// Asks for the rest of a blob. A connection that breaks off is `Some`: why.
fn go_on(
    client: &Client,
    place: &Place,
    digest: &Digest,
    mut file: &File,
    progress: &mut Progress,
    limit: u64,
    folder: &Path,
) -> Result<Option<String>, RegistryError> {
    let failed = |error: io::Error| RegistryError::cache(folder, &error);
    let range = (progress.count > 0).then(|| format!("bytes={}-", progress.count));
    let answer = match place {
        Place::Registry(url) => {
            let headers = range.into_iter().map(|range| ("range", range)).collect();
            client.ask(&Ask { method: "GET", url: url.clone(), headers, body: None })?
        }
        Place::Elsewhere(url) => client.ask_elsewhere(url, range)?,
    };
    match answer.status().as_u16() {
        206 if progress.count > 0 => {}
        // It sends everything again.
        200 => *progress = Progress::start(&mut file).map_err(failed)?,
        _ => return Err(refused(&format!("blob {digest}"), place.url(), answer)),
    }
    let mut reader = answer.into_body().into_reader();
    let mut buffer = vec![0; 128 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(read) => {
                progress.count += read as u64;
                if progress.count > limit {
                    return Err(RegistryError::TooLarge { url: shown(place.url()), limit });
                }
                progress.hasher.update(&buffer[..read]);
                file.write_all(&buffer[..read]).map_err(failed)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Ok(Some(error.to_string())),
        }
    }
}
