//! An image and its parts.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use casehard_oci::{Compression, Descriptor, Digest, ImageConfig, Manifest, Platform};

use crate::{
    Entries, Limits, ReadError,
    layer::Budget,
    source::{Section, Source},
};

/// How to open an image.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which platform of an image for several; the host's unless said.
    pub platform: Option<Platform>,
    /// What it may cost.
    pub limits: Limits,
    /// Where images that are in no file are.
    pub places: Places,
}

/// Where images that are in no file are: what the environment and the user's configuration say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Where Docker listens.
    pub docker_socket: PathBuf,
    /// Where Podman listens.
    pub podman_socket: PathBuf,
    /// How registries are reached.
    pub registries: Registries,
}

/// How registries are reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registries {
    /// Docker's `config.json` and the `auth.json` of the containers tools; the first that has a credential counts.
    pub credentials: Vec<PathBuf>,
    /// Authorities to trust, in PEM, in place of those of the machine.
    pub certificates: Vec<PathBuf>,
    /// Folders that have one for each registry, `HOST[:PORT]`, with the authorities to trust there (`*.crt`).
    pub certificate_folders: Vec<PathBuf>,
    /// Files of the form of `containers-registries.conf(5)`, which say where registries have mirrors; a later one
    /// overrides an earlier one.
    pub configuration: Vec<PathBuf>,
    /// Where blobs are kept; nowhere unless given.
    pub cache: Option<PathBuf>,
    /// Talk to registries without encryption. Those on this machine always are.
    pub plain_http: bool,
    /// A proxy, as an address.
    pub proxy: Option<String>,
    /// Hosts that are reached without the proxy, names below them included; `*` is all.
    pub direct: Vec<String>,
    /// How long a registry may say nothing in the middle of an answer; two minutes unless given.
    pub patience: Option<Duration>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            docker_socket: PathBuf::from("/var/run/docker.sock"),
            podman_socket: PathBuf::from("/run/podman/podman.sock"),
            registries: Registries::default(),
        }
    }
}

/// One layer.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its blob.
    pub descriptor: Descriptor,
    /// The digest of its uncompressed tar, as the configuration states it.
    pub diff_id: Digest,
    /// How it is compressed.
    pub compression: Compression,
}

/// An image: it never changes, and clones share everything.
#[derive(Debug, Clone)]
pub struct Image(pub(crate) Arc<Parts>);

#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub name: String,
    pub digest: Digest,
    pub manifest: Manifest,
    /// The manifest as stored: its digest is over these bytes.
    pub manifest_bytes: Vec<u8>,
    pub config_bytes: Vec<u8>,
    pub config: ImageConfig,
    pub layers: Vec<Layer>,
    pub beside: Vec<Descriptor>,
    pub limits: Limits,
    pub source: Source,
}

impl Image {
    /// The reference it was opened by, as text.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
    /// The digest of its manifest. For an archive that has none: of the OCI manifest that its parts make.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }
    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }
    /// The bytes of its manifest, of which [`Image::digest`] is the digest.
    #[must_use]
    pub fn manifest_bytes(&self) -> &[u8] {
        &self.0.manifest_bytes
    }
    /// The bytes of its configuration.
    #[must_use]
    pub fn config_bytes(&self) -> &[u8] {
        &self.0.config_bytes
    }
    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &ImageConfig {
        &self.0.config
    }
    /// Its layers, lowest first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.0.layers
    }
    /// Every manifest of the index that it was chosen from, attestations and itself among them; empty when it stands in no
    /// index of several.
    #[must_use]
    pub fn beside(&self) -> &[Descriptor] {
        &self.0.beside
    }
    /// The image as it would be with this layer alone: what a layer brings, whatever later ones take away. Its manifest
    /// and configuration are those of the whole.
    #[must_use]
    pub fn layer_alone(&self, layer: usize) -> Option<Self> {
        let layers = vec![self.0.layers.get(layer)?.clone()];
        Some(Self(Arc::new(Parts { layers, ..Parts::clone(&self.0) })))
    }
    /// What reading it may cost.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
    /// The entries of a layer in their order, while its blob is decompressed and both its digests are checked.
    ///
    /// # Errors
    /// When the blob cannot be opened.
    pub fn entries(&self, layer: usize) -> Result<Entries, ReadError> {
        self.entries_within(layer, &Budget::new(self.limits()))
    }

    /// As [`Image::entries`], counted together with other layers.
    pub(crate) fn entries_within(&self, layer: usize, budget: &Budget) -> Result<Entries, ReadError> {
        let count = self.0.layers.len();
        let layer = self.0.layers.get(layer).ok_or(ReadError::NoLayer { index: layer, count })?;
        Entries::new(self.0.source.blob(&layer.descriptor.digest)?, layer, &self.0.limits, budget)
    }

    /// The tar of a layer as a part of a file, when it lies in one as it is.
    pub(crate) fn section(&self, layer: usize) -> Option<Section> {
        let layer = self.0.layers.get(layer).filter(|layer| layer.compression == Compression::None)?;
        self.0.source.section(&layer.descriptor.digest)
    }

    /// The bytes of a blob as stored.
    ///
    /// # Errors
    /// When the blob cannot be opened.
    pub fn blob(&self, digest: &Digest) -> Result<Box<dyn io::Read + Send>, ReadError> {
        self.0.source.blob(digest)
    }
}
