//! What speaks of an image: signatures, SBOMs and other referrers (OCI distribution specification, *Listing Referrers*).

use std::collections::BTreeMap;

use casehard_oci::{Descriptor, Digest, Index, MediaType, Reference};
use serde::Deserialize;
use ureq::http::header;

use super::{
    Client, RegistryError,
    client::{Ask, body, refused, shown},
    push::put_manifest,
};
use crate::{Limits, Registries, open::MAX_MANIFESTS};

/// Pages of a list.
const PAGES: usize = 1000;

/// The referrers of the manifest `digest` in the repository of `reference`, those of one artifact type if it is given.
/// A registry without the referrers API is asked for its fallback tag.
///
/// # Errors
/// When the registry cannot be reached or answers what is no index.
pub fn referrers(
    reference: &Reference,
    digest: &Digest,
    artifact_type: Option<&str>,
    registries: &Registries,
) -> Result<Vec<Descriptor>, RegistryError> {
    let client = Client::new(reference, registries, false, None)?;
    let mut found = list(&client, digest)?;
    // A registry need not filter, so what is asked for is filtered here.
    found.retain(|descriptor| {
        artifact_type.is_none_or(|kind| descriptor.artifact_type.as_deref() == Some(kind))
    });
    Ok(found)
}

/// All of them, page by page.
pub(super) fn list(client: &Client, digest: &Digest) -> Result<Vec<Descriptor>, RegistryError> {
    let mut found = Vec::new();
    let mut next = Some(client.url(&format!("referrers/{digest}")));
    for _ in 0..PAGES {
        let Some(url) = next.take() else { break };
        let answer = get(client, &url)?;
        match answer.status().as_u16() {
            200 => {
                next = next_page(&answer).map(|link| client.located(&link));
                found.extend(index(answer, &url)?.manifests);
            }
            404 => found.extend(fallback(client, digest)?.into_iter().flat_map(|index| index.manifests)),
            _ => return Err(refused("referrers", &url, answer)),
        }
        if found.len() > MAX_MANIFESTS {
            return Err(RegistryError::TooLarge { url: shown(&url), limit: MAX_MANIFESTS as u64 });
        }
    }
    Ok(found)
}

/// The index that a registry without the API keeps under a tag.
fn fallback(client: &Client, digest: &Digest) -> Result<Option<Index>, RegistryError> {
    let url = client.url(&format!("manifests/{}", fallback_tag(digest)));
    let answer = get(client, &url)?;
    match answer.status().as_u16() {
        200 => index(answer, &url).map(Some),
        404 => Ok(None),
        _ => Err(refused("referrers", &url, answer)),
    }
}

fn fallback_tag(digest: &Digest) -> String {
    format!("sha256-{}", digest.hex())
}

/// What of a manifest is looked at to list it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referrer {
    #[serde(default)]
    subject: Option<Descriptor>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// Adds a manifest that has been pushed to the list of the one it speaks of, if it speaks of one (OCI distribution
/// specification, *Pushing Manifests with Subject*: for registries that do not do it themselves).
pub(super) fn add_to_fallback(
    client: &Client,
    descriptor: &Descriptor,
    bytes: &[u8],
) -> Result<(), RegistryError> {
    // It has been read as a manifest; what has no subject is none.
    let Ok(manifest) = serde_json::from_slice::<Referrer>(bytes) else { return Ok(()) };
    let Some(subject) = manifest.subject else { return Ok(()) };
    let mut index = fallback(client, &subject.digest)?.unwrap_or_else(|| Index::new(Vec::new()));
    if index.manifests.iter().any(|known| known.digest == descriptor.digest) {
        return Ok(());
    }
    let kind = manifest.artifact_type.filter(|kind| !kind.is_empty());
    let mut entry = Descriptor::of(descriptor.media_type.clone(), bytes);
    entry.artifact_type = kind.or_else(|| manifest.config.map(|config| config.media_type.to_string()));
    entry.annotations = manifest.annotations.unwrap_or_default();
    index.manifests.push(entry);
    let bytes = serde_json::to_vec(&index).unwrap_or_default().into();
    put_manifest(client, &fallback_tag(&subject.digest), MediaType::OciIndex.as_str(), &bytes).map(drop)
}

fn get(client: &Client, url: &str) -> Result<ureq::http::Response<ureq::Body>, RegistryError> {
    let headers = vec![("accept", "application/vnd.oci.image.index.v1+json".to_owned())];
    client.ask(&Ask { method: "GET", url: url.to_owned(), headers, body: None })
}

fn index(answer: ureq::http::Response<ureq::Body>, url: &str) -> Result<Index, RegistryError> {
    let bytes = body(answer, Limits::default().document, url)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| RegistryError::Protocol { url: shown(url), what: error.to_string() })
}

fn next_page(answer: &ureq::http::Response<ureq::Body>) -> Option<String> {
    next_of(answer.headers().get(header::LINK)?.to_str().ok()?).map(str::to_owned)
}

/// `Link: <address>; rel="next"` (RFC 8288).
pub(super) fn next_of(link: &str) -> Option<&str> {
    let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("next").then_some(address)
}
