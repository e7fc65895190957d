//! Which manifest of an index is meant (OCI image specification, `image-index.md`).

use casehard_oci::{Descriptor, Digest, Index, Platform, escape};

use super::{
    OpenError,
    assemble::{document, parse},
};
use crate::{ImageRef, Options, source::Blobs};

/// Indexes within indexes.
pub(crate) const MAX_NESTING: usize = 8;
/// Manifests of one image reference.
pub(crate) const MAX_MANIFESTS: usize = 10_000;

/// An image of an index, and everything that the index has.
pub(super) struct Chosen {
    pub image: Descriptor,
    /// Every manifest that the name reaches, attestations among them.
    pub all: Vec<Descriptor>,
}

/// The manifest of the image that was asked for, by name and then by platform.
pub(super) fn choose(
    source: &dyn Blobs,
    index: &Index,
    image: &ImageRef,
    options: &Options,
) -> Result<Chosen, OpenError> {
    let candidates = candidates(index, image)?;
    let mut all = Vec::new();
    flatten(source, &candidates, image, options, 0, &mut all)?;
    let images: Vec<Descriptor> = all.iter().filter(|descriptor| is_image(descriptor)).cloned().collect();
    Ok(Chosen { image: pick(&images, image, options)?, all })
}

/// The one entry of an index that was asked for, be it an image or an index of several.
pub(super) fn root(index: &Index, image: &ImageRef) -> Result<Descriptor, OpenError> {
    let candidates: Vec<Descriptor> = candidates(index, image)?.into_iter().filter(is_image).collect();
    match &candidates[..] {
        [only] => Ok(only.clone()),
        several => {
            let there = several.iter().map(shown_name).collect();
            Err(OpenError::Several { image: image.to_string(), there })
        }
    }
}

fn candidates(index: &Index, image: &ImageRef) -> Result<Vec<Descriptor>, OpenError> {
    let Some(wanted) = &image.name else { return Ok(index.manifests.clone()) };
    let named = index.manifests.iter().filter(|descriptor| is_named(descriptor, wanted));
    let named: Vec<Descriptor> = named.cloned().collect();
    if named.is_empty() {
        let images = index.manifests.iter().filter(|descriptor| is_image(descriptor));
        let there = images.map(shown_name).collect();
        return Err(OpenError::NoName { wanted: wanted.clone(), image: image.to_string(), there });
    }
    Ok(named)
}

/// Attestations, signatures and the like stand in an index beside the images.
fn is_image(descriptor: &Descriptor) -> bool {
    !descriptor.is_attestation() && descriptor.artifact_type.as_ref().is_none_or(String::is_empty)
}

/// By its reference name, by the name containerd and Docker write beside it, or by its digest.
fn is_named(descriptor: &Descriptor, wanted: &str) -> bool {
    let containerd = descriptor.annotations.get("io.containerd.image.name").map(String::as_str);
    descriptor.ref_name() == Some(wanted)
        || containerd.is_some_and(|name| super::docker::is_named(name, wanted))
        || descriptor.digest.to_string() == wanted
}

/// Every manifest that is reached through nested indexes.
fn flatten(
    source: &dyn Blobs,
    descriptors: &[Descriptor],
    image: &ImageRef,
    options: &Options,
    depth: usize,
    found: &mut Vec<Descriptor>,
) -> Result<(), OpenError> {
    if depth > MAX_NESTING {
        return Err(OpenError::Nesting(image.to_string()));
    }
    for descriptor in descriptors {
        if found.len() > MAX_MANIFESTS {
            return Err(OpenError::Nesting(image.to_string()));
        }
        if descriptor.media_type.is_index() {
            let bytes = document(source, descriptor, &options.limits)?;
            let index: Index = parse(&format!("index {}", descriptor.digest), &bytes)?;
            flatten(source, &index.manifests, image, options, depth + 1, found)?;
        } else {
            found.push(descriptor.clone());
        }
    }
    Ok(())
}

fn pick(found: &[Descriptor], image: &ImageRef, options: &Options) -> Result<Descriptor, OpenError> {
    let (images, others): (Vec<_>, Vec<_>) =
        found.iter().partition(|descriptor| descriptor.media_type.is_manifest());
    if let ([], [other, ..]) = (&images[..], &others[..]) {
        let what = format!("manifest {}", other.digest);
        return Err(OpenError::MediaType { what, media_type: other.media_type.clone() });
    }
    if let [only] = images[..]
        && (options.platform.is_none() || only.platform.is_none())
    {
        // Its configuration is asked for its platform.
        return Ok(only.clone());
    }
    let wanted = options.platform.clone().unwrap_or_else(Platform::host);
    let is_for = |platform: &Platform| platform.fits(&wanted);
    let fitting: Vec<&Descriptor> = images
        .iter()
        .filter(|descriptor| descriptor.platform.as_ref().is_some_and(is_for))
        .copied()
        .collect();
    let mut digests: Vec<Digest> = fitting.iter().map(|descriptor| descriptor.digest).collect();
    digests.sort_unstable();
    digests.dedup();
    let name = image.to_string();
    match (&fitting[..], digests.len()) {
        ([first, ..], 1) => Ok((*first).clone()),
        ([], _) if images.len() > 1 && images.iter().all(|descriptor| descriptor.platform.is_none()) => {
            let there = images.iter().map(|descriptor| shown_name(descriptor)).collect();
            Err(OpenError::Several { image: name, there })
        }
        ([], _) => {
            let there = images.iter().map(|descriptor| match &descriptor.platform {
                Some(platform) => escape(platform.to_string().as_bytes()).into_owned(),
                None => shown_name(descriptor),
            });
            Err(OpenError::NoPlatform { wanted: wanted.to_string(), image: name, there: there.collect() })
        }
        (several, _) => {
            let there = several.iter().map(|descriptor| shown_name(descriptor)).collect();
            Err(OpenError::Several { image: name, there })
        }
    }
}

fn shown_name(descriptor: &Descriptor) -> String {
    let name = descriptor.ref_name().map(|name| escape(name.as_bytes()).into_owned());
    name.unwrap_or_else(|| descriptor.digest.to_string())
}
