//! What `docker save` writes: a tar with `manifest.json` (moby image specification 1.2, *Combined Image JSON + Filesystem
//! Changeset Format*).

use std::{io::Read, path::Path, sync::Arc};

use casehard_oci::{
    Compression, Descriptor, Digest, Hasher, ImageConfig, Manifest, MediaType, Reference, escape,
};
use serde::Deserialize;
use serde_json::Map;

use super::{
    OpenError,
    assemble::{self, Documents, compression_of, parse},
    find::{member, read_member},
};
use crate::{Image, ImageRef, Options, ReadError, source::Archive};

/// One image of `manifest.json`. Layers, lowest first, are members of the archive.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

pub(super) fn open(
    archive: Archive,
    path: &Path,
    image: &ImageRef,
    options: &Options,
) -> Result<Image, OpenError> {
    let bytes = read_member(&archive, path, &member("manifest.json"), options)?.unwrap_or_default();
    let images: Vec<Saved> = parse(&format!("manifest.json of {}", path.display()), &bytes)?;
    let saved = choose(images, image)?;
    let missing = |name: &str| OpenError::NoMember {
        path: path.to_owned(),
        member: escape(name.as_bytes()).into_owned(),
    };
    let bytes = read_member(&archive, path, &member(&saved.config), options)?
        .ok_or_else(|| missing(&saved.config))?;
    let config: ImageConfig = parse(&format!("configuration of {}", path.display()), &bytes)?;
    let layers = saved.layers.unwrap_or_default();
    if layers.len() != config.rootfs.diff_ids.len() {
        return Err(OpenError::LayerCount { layers: layers.len(), diff_ids: config.rootfs.diff_ids.len() });
    }
    let digest = Digest::of(&bytes);
    let mut named = vec![(digest, member(&saved.config))];
    let mut descriptors = Vec::new();
    for (name, diff_id) in layers.iter().zip(&config.rootfs.diff_ids) {
        let descriptor = layer(&archive, name, diff_id)?.ok_or_else(|| missing(name))?;
        named.push((descriptor.digest, member(name)));
        descriptors.push(descriptor);
    }
    finish(archive, named, bytes, descriptors, image, options)
}

/// The image of what an archive without a manifest has, with the OCI manifest that its parts make.
pub(super) fn finish(
    mut archive: Archive,
    named: Vec<(Digest, casehard_oci::RootPath)>,
    config_bytes: Vec<u8>,
    layers: Vec<Descriptor>,
    image: &ImageRef,
    options: &Options,
) -> Result<Image, OpenError> {
    for (digest, member) in named {
        archive.name_blob(digest, member);
    }
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MediaType::OciManifest),
        artifact_type: None,
        config: Descriptor::of(MediaType::OciConfig, &config_bytes),
        layers,
        subject: None,
        annotations: std::collections::BTreeMap::new(),
        rest: Map::new(),
    };
    let manifest_bytes = serde_json::to_vec(&manifest).unwrap_or_default();
    let documents = Documents { manifest, manifest_bytes, config_bytes, beside: Vec::new() };
    assemble::image(Arc::new(archive), documents, image.to_string(), options)
}

/// The descriptor of a layer. A plain one has the digest that the configuration says, which is checked when it is
/// read; a compressed one has to be hashed to have any.
fn layer(archive: &Archive, name: &str, diff_id: &Digest) -> Result<Option<Descriptor>, OpenError> {
    let Some((size, mut section)) = archive.member(&member(name)) else { return Ok(None) };
    let mut start = Vec::new();
    let explain = |error| ReadError::io(escape(name.as_bytes()), error);
    section.by_ref().take(4).read_to_end(&mut start).map_err(explain)?;
    let compression = compression_of(&start).unwrap_or(Compression::None);
    if compression == Compression::None {
        return Ok(Some(Descriptor::new(MediaType::OciLayer(compression), *diff_id, size)));
    }
    let mut hasher = Hasher::new();
    hasher.update(&start);
    let mut buffer = vec![0; 128 << 10];
    loop {
        match section.read(&mut buffer).map_err(explain)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(Some(Descriptor::new(MediaType::OciLayer(compression), hasher.finish(), size)))
}

/// The image of that name; `@N` is the Nth, from 0.
fn choose(mut images: Vec<Saved>, image: &ImageRef) -> Result<Saved, OpenError> {
    let names = |saved: &Saved| match &saved.repo_tags {
        Some(tags) if !tags.is_empty() => {
            tags.iter().map(|tag| escape(tag.as_bytes())).collect::<Vec<_>>().join(" ")
        }
        _ => escape(saved.config.as_bytes()).into_owned(),
    };
    let there: Vec<String> = images.iter().map(names).collect();
    let Some(wanted) = &image.name else {
        return match images.len() {
            1 => Ok(images.remove(0)),
            0 => Err(OpenError::NoName { wanted: "an image".to_owned(), image: image.to_string(), there }),
            _ => Err(OpenError::Several { image: image.to_string(), there }),
        };
    };
    let is_wanted = |saved: &Saved| saved.repo_tags.iter().flatten().any(|tag| is_named(tag, wanted));
    let number = wanted.strip_prefix('@').and_then(|number| number.parse::<usize>().ok());
    let found = number.or_else(|| images.iter().position(is_wanted)).filter(|at| *at < images.len());
    match found {
        Some(at) => Ok(images.swap_remove(at)),
        None => Err(OpenError::NoName { wanted: wanted.clone(), image: image.to_string(), there }),
    }
}

/// Whether two spellings name one image: `nginx` and `docker.io/library/nginx:latest` do.
pub(super) fn is_named(tag: &str, wanted: &str) -> bool {
    let meant = |text: &str| text.parse::<Reference>().ok();
    tag == wanted || meant(tag).is_some_and(|tag| meant(wanted) == Some(tag))
}
