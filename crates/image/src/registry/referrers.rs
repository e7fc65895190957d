//! What speaks of an image: signatures, SBOMs and other referrers (OCI distribution specification, *Listing Referrers*).

use casehard_oci::{Descriptor, Digest, Index, Reference};
use ureq::http::header;

use super::{
    Client, RegistryError,
    client::{Ask, body, refused, shown},
};
use crate::{Limits, Registries};

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
    let mut found = Vec::new();
    let mut next = Some(client.url(&format!("referrers/{digest}")));
    for _ in 0..PAGES {
        let Some(url) = next.take() else { break };
        let answer = get(&client, &url)?;
        match answer.status().as_u16() {
            200 => {
                next = next_page(&answer).map(|link| client.located(&link));
                found.extend(index(answer, &url)?);
            }
            404 => {
                let url = client.url(&format!("manifests/sha256-{}", digest.hex()));
                let answer = get(&client, &url)?;
                match answer.status().as_u16() {
                    200 => found.extend(index(answer, &url)?),
                    404 => {}
                    _ => return Err(refused("referrers", &url, answer)),
                }
            }
            _ => return Err(refused("referrers", &url, answer)),
        }
    }
    // A registry need not filter, so what is asked for is filtered here.
    found.retain(|descriptor| {
        artifact_type.is_none_or(|kind| descriptor.artifact_type.as_deref() == Some(kind))
    });
    Ok(found)
}

fn get(client: &Client, url: &str) -> Result<ureq::http::Response<ureq::Body>, RegistryError> {
    let headers = vec![("accept", "application/vnd.oci.image.index.v1+json".to_owned())];
    client.ask(&Ask { method: "GET", url: url.to_owned(), headers, body: None })
}

fn index(answer: ureq::http::Response<ureq::Body>, url: &str) -> Result<Vec<Descriptor>, RegistryError> {
    let bytes = body(answer, Limits::default().document, url)?;
    let index: Index = serde_json::from_slice(&bytes)
        .map_err(|error| RegistryError::Protocol { url: shown(url), what: error.to_string() })?;
    Ok(index.manifests)
}

/// `Link: <address>; rel="next"` (RFC 8288).
fn next_page(answer: &ureq::http::Response<ureq::Body>) -> Option<String> {
    let link = answer.headers().get(header::LINK)?.to_str().ok()?;
    let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("next").then(|| address.to_owned())
}
