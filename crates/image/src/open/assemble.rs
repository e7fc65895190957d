//! An image from its manifest.

use std::{io::Read as _, sync::Arc};

use casehard_oci::{Compression, Descriptor, Digest, ImageConfig, Manifest};
use serde::de::DeserializeOwned;

use super::{OpenError, index::Chosen};
use crate::{
    Image, Layer, Limits, Options, ReadError,
    image::Parts,
    source::{self, Blobs, DocumentError, Source},
};

/// The document that `bytes` are; `what` is for messages.
pub(crate) fn parse<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, OpenError> {
    serde_json::from_slice(bytes).map_err(|source| OpenError::Document { what: what.to_owned(), source })
}

/// The bytes of a document, checked against its descriptor.
pub(crate) fn document(
    source: &dyn Blobs,
    descriptor: &Descriptor,
    limits: &Limits,
) -> Result<Vec<u8>, OpenError> {
    source::document(source, descriptor, limits.document).map_err(|error| match error {
        DocumentError::TooLarge => OpenError::DocumentSize {
            what: format!("{} {}", descriptor.media_type, descriptor.digest),
            limit: limits.document,
        },
        DocumentError::Read(error) => error.into(),
    })
}

/// The image of a manifest.
pub(super) fn assemble(
    source: Source,
    chosen: &Chosen,
    name: String,
    options: &Options,
) -> Result<Image, OpenError> {
    let descriptor = &chosen.image;
    let bytes = document(&*source, descriptor, &options.limits)?;
    let manifest: Manifest = parse(&format!("manifest {}", descriptor.digest), &bytes)?;
    let what = format!("configuration {}", manifest.config.digest);
    if !manifest.config.media_type.is_config() {
        let media_type = manifest.config.media_type.clone();
        return Err(OpenError::MediaType { what, media_type });
    }
    let config_bytes = document(&*source, &manifest.config, &options.limits)?;
    let beside = chosen.all.clone();
    image(source, Documents { manifest, manifest_bytes: bytes, config_bytes, beside }, name, options)
}

/// The documents of an image.
pub(super) struct Documents {
    pub manifest: Manifest,
    pub manifest_bytes: Vec<u8>,
    pub config_bytes: Vec<u8>,
    /// Every manifest of the index that it comes from.
    pub beside: Vec<Descriptor>,
}

/// The image of its documents.
pub(super) fn image(
    source: Source,
    documents: Documents,
    name: String,
    options: &Options,
) -> Result<Image, OpenError> {
    let Documents { manifest, manifest_bytes, config_bytes, beside } = documents;
    let config: ImageConfig = parse(&format!("configuration {}", manifest.config.digest), &config_bytes)?;
    if let Some(wanted) = &options.platform
        && !config.platform().fits(wanted)
    {
        let there = casehard_oci::escape(config.platform().to_string().as_bytes()).into_owned();
        return Err(OpenError::NoPlatform { wanted: wanted.to_string(), image: name, there: vec![there] });
    }
    let (count, diff_ids) = (manifest.layers.len(), &config.rootfs.diff_ids);
    if count > Limits::LAYERS {
        return Err(OpenError::TooManyLayers { count });
    }
    if count != diff_ids.len() {
        return Err(OpenError::LayerCount { layers: count, diff_ids: diff_ids.len() });
    }
    let layer = |(layer, diff_id): (&Descriptor, &Digest)| {
        let stated = layer.media_type.layer().ok_or_else(|| OpenError::MediaType {
            what: format!("layer {}", layer.digest),
            media_type: layer.media_type.clone(),
        })?;
        let compression = compression(&*source, layer, stated)?;
        Ok::<_, OpenError>(Layer { descriptor: layer.clone(), diff_id: *diff_id, compression })
    };
    let layers = manifest.layers.iter().zip(diff_ids).map(layer).collect::<Result<_, _>>()?;
    Ok(Image(Arc::new(Parts {
        name,
        digest: Digest::of(&manifest_bytes),
        manifest,
        manifest_bytes,
        config_bytes,
        config,
        layers,
        beside,
        limits: options.limits,
        source,
    })))
}

/// How a layer is compressed by its first bytes: media types are often wrong, and runtimes look at the bytes too.
fn compression(
    source: &dyn Blobs,
    layer: &Descriptor,
    stated: Compression,
) -> Result<Compression, OpenError> {
    let mut start = Vec::new();
    source
        .blob(&layer.digest)?
        .take(4)
        .read_to_end(&mut start)
        .map_err(|error| ReadError::io(format!("blob {}", layer.digest), error))?;
    Ok(compression_of(&start).unwrap_or(stated))
}

/// How bytes that begin like this are compressed; `None` when there are too few to tell.
pub(super) fn compression_of(start: &[u8]) -> Option<Compression> {
    match start {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        [_, _, _, _, ..] => Some(Compression::None),
        _ => None,
    }
}
