//! Putting images into a registry (OCI distribution specification, *Push*).

use std::{
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use casehard_oci::{Descriptor, Digest, Reference};
use ureq::{
    Body,
    http::{Response, header},
};

use super::{
    Client, RegistryError,
    client::{ATTEMPTS, Ask, backoff, refused, shown},
    referrers,
};
use crate::{Graph, Registries, copy::is_foreign};

/// Blobs that are pushed at once.
const PARALLEL: usize = 4;
/// Bytes of a chunk, for a registry that does not take a blob whole.
const CHUNK: u64 = 4 << 20;

/// Copies images to a registry as they are, and returns the digest of the manifest or index that the reference then
/// names. What the registry has is not sent; what it has in the repository they come from is taken from there. Manifests
/// that speak of others are made known by the fallback tag to a registry that does not list them itself.
///
/// # Errors
/// When an image cannot be read, or the registry does not take it.
pub fn copy_to_registry(
    graph: &Graph,
    reference: &Reference,
    from: Option<&Reference>,
    registries: &Registries,
) -> Result<Digest, RegistryError> {
    if let Some(expected) = reference.digest.filter(|expected| *expected != graph.digest()) {
        let url = reference.to_string();
        return Err(RegistryError::Digest { url, expected, found: graph.digest() });
    }
    let from = from.filter(|from| from.registry == reference.registry).map(|from| from.repository.clone());
    let client = Client::new(reference, registries, true, from.clone())?;
    push_blobs(&client, graph, from.as_deref())?;
    for document in graph.documents() {
        let is_root = document.descriptor.digest == graph.digest();
        let tag = reference.tag.as_ref().filter(|_| is_root && reference.digest.is_none());
        let name = tag.cloned().unwrap_or_else(|| document.descriptor.digest.to_string());
        let media_type = document.descriptor.media_type.to_string();
        let put = put_manifest(&client, &name, &media_type, &document.bytes)?;
        let is_listed = put.headers().contains_key("oci-subject");
        if !is_listed {
            referrers::add_to_fallback(&client, &document.descriptor, &document.bytes)?;
        }
    }
    Ok(graph.digest())
}

fn push_blobs(client: &Client, graph: &Graph, from: Option<&str>) -> Result<(), RegistryError> {
    let blobs = graph.blobs();
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<RegistryError>> = Mutex::new(None);
    let lock = || failure.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        while lock().is_none() {
            let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            // Its publisher keeps it, and its descriptor says where.
            if is_foreign(blob) && blob.rest.contains_key("urls") {
                continue;
            }
            if let Err(error) = push_blob(client, graph, blob, from) {
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
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn push_blob(
    client: &Client,
    graph: &Graph,
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
        match upload(client, graph, blob, from) {
            // An upload that broke off is begun again from its start: what the registry has of it is not known.
            Err(RegistryError::Network { .. }) if attempt < ATTEMPTS => thread::sleep(backoff(attempt)),
            result => return result,
        }
    }
}

/// In one request; in chunks when the registry, or what stands before it, finds that too large.
fn upload(
    client: &Client,
    graph: &Graph,
    blob: &Descriptor,
    from: Option<&str>,
) -> Result<(), RegistryError> {
    let Some(Place { location, .. }) = begin(client, blob, from)? else { return Ok(()) };
    let url = with_digest(&location, &blob.digest);
    let content = || -> Result<Box<dyn Read + Send>, RegistryError> { Ok(Box::new(graph.blob(blob)?)) };
    let headers = vec![("content-type", "application/octet-stream".to_owned())];
    let body = Some((blob.size, &content as _));
    let put = client.ask(&Ask { method: "PUT", url: url.clone(), headers, body })?;
    match put.status().as_u16() {
        200..=204 => Ok(()),
        413 => upload_in_chunks(client, graph, blob),
        _ => Err(refused(&format!("blob {} accepted", blob.digest), &url, put)),
    }
}

fn upload_in_chunks(client: &Client, graph: &Graph, blob: &Descriptor) -> Result<(), RegistryError> {
    let Some(mut place) = begin(client, blob, None)? else { return Ok(()) };
    let length = CHUNK.max(place.least);
    let mut content = graph.blob(blob)?;
    let mut at = 0;
    while at < blob.size {
        let mut chunk = Vec::new();
        let read = content.by_ref().take(length.min(blob.size - at)).read_to_end(&mut chunk);
        read.map_err(|error| crate::ReadError::io(format!("blob {}", blob.digest), error))?;
        let end = at + chunk.len() as u64;
        let chunk: Arc<[u8]> = chunk.into();
        let bytes = || -> Result<Box<dyn Read + Send>, RegistryError> {
            Ok(Box::new(io::Cursor::new(Arc::clone(&chunk))))
        };
        let headers = vec![
            ("content-type", "application/octet-stream".to_owned()),
            ("content-range", format!("{at}-{}", end.saturating_sub(1))),
        ];
        let body = Some((chunk.len() as u64, &bytes as _));
        let url = place.location.clone();
        let patched = client.ask(&Ask { method: "PATCH", url: url.clone(), headers, body })?;
        match patched.status().as_u16() {
            200..=204 => place.location = location(client, &url, &patched)?,
            _ => return Err(refused(&format!("a chunk of blob {} accepted", blob.digest), &url, patched)),
        }
        at = end;
    }
    let url = with_digest(&place.location, &blob.digest);
    let nothing = || -> Result<Box<dyn Read + Send>, RegistryError> { Ok(Box::new(io::empty())) };
    let body = Some((0, &nothing as _));
    let put = client.ask(&Ask { method: "PUT", url: url.clone(), headers: Vec::new(), body })?;
    match put.status().as_u16() {
        200..=204 => Ok(()),
        _ => Err(refused(&format!("blob {} accepted", blob.digest), &url, put)),
    }
}

/// Where an upload goes.
struct Place {
    location: String,
    /// Bytes that a chunk must have at least.
    least: u64,
}

/// Begins an upload; `None` when the registry has taken the blob from the other repository.
fn begin(client: &Client, blob: &Descriptor, from: Option<&str>) -> Result<Option<Place>, RegistryError> {
    let mount = from.map(|from| format!("?mount={}&from={}", blob.digest, from.replace('/', "%2F")));
    let url = client.url(&format!("blobs/uploads/{}", mount.unwrap_or_default()));
    let nothing = || -> Result<Box<dyn Read + Send>, RegistryError> { Ok(Box::new(io::empty())) };
    let body = Some((0, &nothing as _));
    let begun = client.ask(&Ask { method: "POST", url: url.clone(), headers: Vec::new(), body })?;
    match begun.status().as_u16() {
        201 => Ok(None),
        202 => {
            let least = begun.headers().get("oci-chunk-min-length").and_then(|value| value.to_str().ok());
            let least = least.and_then(|text| text.parse().ok()).unwrap_or(0).min(16 * CHUNK);
            Ok(Some(Place { location: location(client, &url, &begun)?, least }))
        }
        _ => Err(refused(&format!("a place for blob {}", blob.digest), &url, begun)),
    }
}

fn location(client: &Client, url: &str, answer: &Response<Body>) -> Result<String, RegistryError> {
    let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    location.map(|location| client.located(location)).ok_or_else(|| RegistryError::Protocol {
        url: shown(url),
        what: "it takes an upload and does not say where".to_owned(),
    })
}

fn with_digest(location: &str, digest: &Digest) -> String {
    let joint = if location.contains('?') { '&' } else { '?' };
    format!("{location}{joint}digest={digest}")
}

/// Puts a manifest or an index under a tag or its digest.
pub(super) fn put_manifest(
    client: &Client,
    name: &str,
    media_type: &str,
    bytes: &Arc<[u8]>,
) -> Result<Response<Body>, RegistryError> {
    let url = client.url(&format!("manifests/{name}"));
    let content = || -> Result<Box<dyn Read + Send>, RegistryError> {
        Ok(Box::new(io::Cursor::new(Arc::clone(bytes))))
    };
    let headers = vec![("content-type", media_type.to_owned())];
    let body = Some((bytes.len() as u64, &content as _));
    let put = client.ask(&Ask { method: "PUT", url: url.clone(), headers, body })?;
    match put.status().as_u16() {
        200..=204 => Ok(put),
        _ => Err(refused("the manifest accepted", &url, put)),
    }
}
