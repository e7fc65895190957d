//! Finding an image and reading its documents.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use casehard_oci::{Compression, Descriptor, Digest, Index, Manifest, MediaType, Platform};
use serde::de::DeserializeOwned;

use crate::{
    Image, ImageRef, Layer, Limits, Options, ReadError, Transport, image::Parts, layer::Checked,
    source::Layout,
};

/// Why no image could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A file could not be read.
    #[error("read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is there is no image.
    #[error("find an image at {0}: it is neither an OCI image layout nor an image archive")]
    NotImage(PathBuf),
    /// A blob could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A document is broken.
    #[error("read {what}: {source}")]
    Document {
        /// Which.
        what: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A document is too large.
    #[error("read {what}: it has more than {limit} bytes")]
    DocumentSize {
        /// Which.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// There is no image of that name.
    #[error("find {wanted} in {image}: it has {}", listed(.there))]
    NoName {
        /// Asked for.
        wanted: String,
        /// Where.
        image: String,
        /// What is there.
        there: Vec<String>,
    },
    /// Several images are there and none was named.
    #[error("choose an image of {image}: name one of {}", listed(.there))]
    Several {
        /// Where.
        image: String,
        /// What is there.
        there: Vec<String>,
    },
    /// There is no image for the platform.
    #[error("find an image for {wanted} in {image}: it has {}", listed(.there))]
    NoPlatform {
        /// Asked for.
        wanted: String,
        /// Where.
        image: String,
        /// What is there.
        there: Vec<String>,
    },
    /// Indexes within indexes, deeper than anybody makes them.
    #[error("read {0}: its indexes are nested more than {MAX_NESTING} deep")]
    Nesting(String),
    /// A media type that is none of an image's parts.
    #[error("read {what}: its media type {media_type} is none that an image has there")]
    MediaType {
        /// The blob.
        what: String,
        /// As written.
        media_type: MediaType,
    },
    /// Manifest and configuration do not fit together.
    #[error("read the image: it has {layers} layers in its manifest and {diff_ids} in its configuration")]
    LayerCount {
        /// In the manifest.
        layers: usize,
        /// In the configuration.
        diff_ids: usize,
    },
    /// More layers than anybody makes.
    #[error("read the image: it has {count} layers, more than {limit}", limit = Limits::LAYERS)]
    TooManyLayers {
        /// In the manifest.
        count: usize,
    },
    /// This kind of place cannot be read yet.
    #[error("open {0}: this build cannot read from there")]
    Unsupported(String),
}

/// Indexes within indexes.
const MAX_NESTING: usize = 8;

fn listed(there: &[String]) -> String {
    const SHOWN: usize = 20;
    if there.is_empty() {
        return "none".to_owned();
    }
    let mut text = there[..there.len().min(SHOWN)].join(", ");
    if there.len() > SHOWN {
        text.push_str(&format!(" and {} more", there.len() - SHOWN));
    }
    text
}

/// Opens the image that `image` names.
///
/// # Errors
/// When there is none, it is none, or its documents are broken.
pub fn open(image: &ImageRef, options: &Options) -> Result<Image, OpenError> {
    match &image.transport {
        Transport::Layout(path) => open_layout(path, image, options),
        Transport::Detect(path) if path.join("oci-layout").exists() || path.join("index.json").exists() => {
            open_layout(path, image, options)
        }
        Transport::Detect(path) => Err(OpenError::NotImage(path.clone())),
        _ => Err(OpenError::Unsupported(image.to_string())),
    }
}

fn open_layout(path: &Path, image: &ImageRef, options: &Options) -> Result<Image, OpenError> {
    let index_path = path.join("index.json");
    let file = File::open(&index_path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound if path.exists() => OpenError::NotImage(path.to_owned()),
        _ => OpenError::Io { path: index_path.clone(), source },
    })?;
    let what = index_path.display().to_string();
    let mut bytes = Vec::new();
    file.take(options.limits.document + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| OpenError::Io { path: index_path, source })?;
    if bytes.len() as u64 > options.limits.document {
        return Err(OpenError::DocumentSize { what, limit: options.limits.document });
    }
    let index: Index = parse(&what, &bytes)?;
    let source = Layout(path.to_owned());
    let chosen = choose(&source, &index, image, options)?;
    assemble(source, chosen, image.to_string(), options)
}

fn parse<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, OpenError> {
    serde_json::from_slice(bytes).map_err(|source| OpenError::Document { what: what.to_owned(), source })
}

fn document(source: &Layout, descriptor: &Descriptor, limits: &Limits) -> Result<Vec<u8>, OpenError> {
    let what = || format!("{} {}", descriptor.media_type, descriptor.digest);
    if descriptor.size > limits.document {
        return Err(OpenError::DocumentSize { what: what(), limit: limits.document });
    }
    let mut bytes = Vec::new();
    Checked::new(source.blob(&descriptor.digest)?, descriptor)
        .read_to_end(&mut bytes)
        .map_err(|error| ReadError::io(what(), error))?;
    Ok(bytes)
}

/// The manifest of the image that was asked for, by name and then by platform.
fn choose(
    source: &Layout,
    index: &Index,
    image: &ImageRef,
    options: &Options,
) -> Result<Descriptor, OpenError> {
    let images: Vec<&Descriptor> =
        index.manifests.iter().filter(|descriptor| !descriptor.is_attestation()).collect();
    let candidates: Vec<Descriptor> = match &image.name {
        None => images.into_iter().cloned().collect(),
        Some(wanted) => {
            let fits = |descriptor: &&&Descriptor| {
                descriptor.ref_name() == Some(wanted) || descriptor.digest.to_string() == *wanted
            };
            let named: Vec<Descriptor> = images.iter().filter(fits).map(|found| (*found).clone()).collect();
            if named.is_empty() {
                let there = images.iter().map(|descriptor| shown_name(descriptor)).collect();
                return Err(OpenError::NoName { wanted: wanted.clone(), image: image.to_string(), there });
            }
            named
        }
    };
    let mut found = Vec::new();
    flatten(source, &candidates, image, options, 0, &mut found)?;
    pick(found, image, options)
}

/// Every image manifest that is reached through nested indexes.
fn flatten(
    source: &Layout,
    descriptors: &[Descriptor],
    image: &ImageRef,
    options: &Options,
    depth: usize,
    found: &mut Vec<Descriptor>,
) -> Result<(), OpenError> {
    if depth > MAX_NESTING {
        return Err(OpenError::Nesting(image.to_string()));
    }
    for descriptor in descriptors.iter().filter(|descriptor| !descriptor.is_attestation()) {
        if descriptor.media_type.is_index() {
            let bytes = document(source, descriptor, &options.limits)?;
            let index: Index = parse(&descriptor.digest.to_string(), &bytes)?;
            flatten(source, &index.manifests, image, options, depth + 1, found)?;
        } else if descriptor.media_type.is_manifest() {
            found.push(descriptor.clone());
        }
    }
    Ok(())
}

fn pick(found: Vec<Descriptor>, image: &ImageRef, options: &Options) -> Result<Descriptor, OpenError> {
    let wanted = options.platform.clone().unwrap_or_else(Platform::host);
    let fits = |descriptor: &&Descriptor| {
        descriptor.platform.as_ref().is_some_and(|platform| platform.fits(&wanted))
    };
    if let [only] = &found[..]
        && (options.platform.is_none() || only.platform.is_none())
    {
        // Its own configuration is asked for its platform.
        return Ok(only.clone());
    }
    let fitting: Vec<&Descriptor> = found.iter().filter(fits).collect();
    let mut digests: Vec<Digest> = fitting.iter().map(|descriptor| descriptor.digest).collect();
    digests.dedup();
    match (&fitting[..], digests.len()) {
        ([first, ..], 1) => Ok((*first).clone()),
        ([], _) => {
            let there = found
                .iter()
                .map(|descriptor| match &descriptor.platform {
                    Some(platform) => platform.to_string(),
                    None => shown_name(descriptor),
                })
                .collect();
            if found.iter().all(|descriptor| descriptor.platform.is_none()) && found.len() > 1 {
                return Err(OpenError::Several { image: image.to_string(), there });
            }
            Err(OpenError::NoPlatform { wanted: wanted.to_string(), image: image.to_string(), there })
        }
        (several, _) => {
            let there = several.iter().map(|descriptor| shown_name(descriptor)).collect();
            Err(OpenError::Several { image: image.to_string(), there })
        }
    }
}

fn shown_name(descriptor: &Descriptor) -> String {
    let name = descriptor.ref_name().map(|name| casehard_oci::escape(name.as_bytes()).into_owned());
    name.unwrap_or_else(|| descriptor.digest.to_string())
}

/// The image of a manifest.
fn assemble(
    source: Layout,
    descriptor: Descriptor,
    name: String,
    options: &Options,
) -> Result<Image, OpenError> {
    let bytes = document(&source, &descriptor, &options.limits)?;
    let manifest: Manifest = parse(&format!("manifest {}", descriptor.digest), &bytes)?;
    let what = || format!("configuration {}", manifest.config.digest);
    if !manifest.config.media_type.is_config() {
        let media_type = manifest.config.media_type.clone();
        return Err(OpenError::MediaType { what: what(), media_type });
    }
    let config: casehard_oci::ImageConfig =
        parse(&what(), &document(&source, &manifest.config, &options.limits)?)?;
    if let Some(wanted) = &options.platform
        && !config.platform().fits(wanted)
    {
        let there = vec![config.platform().to_string()];
        return Err(OpenError::NoPlatform { wanted: wanted.to_string(), image: name, there });
    }
    let (count, diff_ids) = (manifest.layers.len(), &config.rootfs.diff_ids);
    if count > Limits::LAYERS {
        return Err(OpenError::TooManyLayers { count });
    }
    if count != diff_ids.len() {
        return Err(OpenError::LayerCount { layers: count, diff_ids: diff_ids.len() });
    }
    let layers = manifest.layers.iter().zip(diff_ids).map(|(layer, diff_id)| {
        let stated = layer.media_type.layer().ok_or_else(|| OpenError::MediaType {
            what: format!("layer {}", layer.digest),
            media_type: layer.media_type.clone(),
        })?;
        let compression = compression(&source, layer, stated)?;
        Ok::<_, OpenError>(Layer { descriptor: layer.clone(), diff_id: *diff_id, compression })
    });
    let layers = layers.collect::<Result<_, _>>()?;
    Ok(Image(Arc::new(Parts {
        name,
        digest: descriptor.digest,
        manifest,
        config,
        layers,
        limits: options.limits,
        source,
    })))
}

/// How a layer is compressed by its first bytes: media types are often wrong, and runtimes look at the bytes too.
fn compression(source: &Layout, layer: &Descriptor, stated: Compression) -> Result<Compression, OpenError> {
    let mut start = Vec::new();
    source
        .blob(&layer.digest)?
        .take(4)
        .read_to_end(&mut start)
        .map_err(|error| ReadError::io(format!("blob {}", layer.digest), error))?;
    Ok(match start[..] {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Compression::Zstd,
        // An empty blob, or a tar: a name cannot start like the others.
        _ if start.len() < 4 => stated,
        _ => Compression::None,
    })
}
