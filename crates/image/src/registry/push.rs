//! Putting an image into a registry (OCI distribution specification, *Push*).

use std::{
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use casehard_oci::{Descriptor, Digest, Reference};
use ureq::http::header;

use super::{
    Client, RegistryError,
    client::{ATTEMPTS, Ask, backoff, refused, shown},
};
use crate::{Image, Registries};

/// Blobs that are pushed at once.
const PARALLEL: usize = 4;

/// Copies `image` to a registry as it is, and returns the digest of its manifest. What the registry has is not sent;
/// what it has in the repository the image came from is taken from there.
///
/// # Errors
/// When the image cannot be read, or the registry does not take it.
pub fn copy_to_registry(
    image: &Image,
    reference: &Reference,
    from: Option<&Reference>,
    registries: &Registries,
) -> Result<Digest, RegistryError> {
    let from = from.filter(|from| from.registry == reference.registry).map(|from| from.repository.clone());
    let client = Client::new(reference, registries, true, from.clone())?;
    let blobs = crate::copy::blobs(image);
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<RegistryError>> = Mutex::new(None);
    let lock = || failure.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        while lock().is_none() {
            let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            if let Err(error) = push_blob(&client, image, blob, from.as_deref()) {
                lock().get_or_insert(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..PARALLEL.min(blobs.len()) {
            scope.spawn(work);
        }
        work();
    });
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    push_manifest(&client, image)
}

fn push_blob(
    client: &Client,
    image: &Image,
    blob: &Descriptor,
    from: Option<&str>,
) -> Result<(), RegistryError> {
    let url = client.url(&format!("blobs/{}", blob.digest));
    let head = client.ask(&Ask { method: "HEAD", url, headers: Vec::new(), body: None })?;
    if head.status() == 200 {
        return Ok(());
    }
    let mut attempt = 0;
    loop {
        attempt += 1;
        match upload(client, image, blob, from) {
            // An upload that broke off is begun again from its start: what the registry has of it is not known.
            Err(RegistryError::Network { .. }) if attempt < ATTEMPTS => thread::sleep(backoff(attempt)),
            result => return result,
        }
    }
}

fn upload(
    client: &Client,
    image: &Image,
    blob: &Descriptor,
    from: Option<&str>,
) -> Result<(), RegistryError> {
    let mount = from.map(|from| format!("?mount={}&from={}", blob.digest, from.replace('/', "%2F")));
    let url = client.url(&format!("blobs/uploads/{}", mount.unwrap_or_default()));
    let nothing = || -> Result<Box<dyn Read + Send>, RegistryError> { Ok(Box::new(io::empty())) };
    let body = Some((0, &nothing as _));
    let begun = client.ask(&Ask { method: "POST", url: url.clone(), headers: Vec::new(), body })?;
    match begun.status().as_u16() {
        201 => return Ok(()),
        202 => {}
        _ => return Err(refused(&format!("a place for blob {}", blob.digest), &url, begun)),
    }
    let location = begun.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| RegistryError::Protocol {
        url: shown(&url),
        what: "it takes an upload and does not say where".to_owned(),
    })?;
    let location = client.located(location);
    let joint = if location.contains('?') { '&' } else { '?' };
    let url = format!("{location}{joint}digest={}", blob.digest);
    let is_config = blob.digest == image.manifest().config.digest;
    let config: Arc<[u8]> = image.config_bytes().into();
    let content = || -> Result<Box<dyn Read + Send>, RegistryError> {
        if is_config {
            return Ok(Box::new(io::Cursor::new(Arc::clone(&config))));
        }
        Ok(image.blob(&blob.digest)?)
    };
    let headers = vec![("content-type", "application/octet-stream".to_owned())];
    let body = Some((blob.size, &content as _));
    let put = client.ask(&Ask { method: "PUT", url: url.clone(), headers, body })?;
    match put.status().as_u16() {
        200..=204 => Ok(()),
        _ => Err(refused(&format!("blob {} accepted", blob.digest), &url, put)),
    }
}

fn push_manifest(client: &Client, image: &Image) -> Result<Digest, RegistryError> {
    let reference = &client.reference;
    let name = reference.tag.clone().unwrap_or_else(|| image.digest().to_string());
    let url = client.url(&format!("manifests/{name}"));
    let bytes: Arc<[u8]> = image.manifest_bytes().into();
    let content = || -> Result<Box<dyn Read + Send>, RegistryError> {
        Ok(Box::new(io::Cursor::new(Arc::clone(&bytes))))
    };
    let headers = vec![("content-type", crate::copy::manifest_type(image).to_string())];
    let body = Some((bytes.len() as u64, &content as _));
    let put = client.ask(&Ask { method: "PUT", url: url.clone(), headers, body })?;
    match put.status().as_u16() {
        200..=204 => Ok(image.digest()),
        _ => Err(refused("the manifest accepted", &url, put)),
    }
}
