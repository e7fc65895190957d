//! Media types of manifests, configurations and layers (OCI image specification, `media-types.md`; Docker image
//! manifest version 2, schema 2).

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How the bytes of a layer are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Compression {
    /// Plain tar.
    None,
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// A media type. Unknown ones are kept as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MediaType {
    /// `application/vnd.oci.image.index.v1+json`
    OciIndex,
    /// `application/vnd.oci.image.manifest.v1+json`
    OciManifest,
    /// `application/vnd.oci.image.config.v1+json`
    OciConfig,
    /// `application/vnd.oci.image.layer.v1.tar`, `+gzip`, `+zstd`
    OciLayer(Compression),
    /// `application/vnd.oci.image.layer.nondistributable.v1.tar`, `+gzip`, `+zstd`
    OciForeignLayer(Compression),
    /// `application/vnd.docker.distribution.manifest.list.v2+json`
    DockerManifestList,
    /// `application/vnd.docker.distribution.manifest.v2+json`
    DockerManifest,
    /// `application/vnd.docker.container.image.v1+json`
    DockerConfig,
    /// `application/vnd.docker.image.rootfs.diff.tar`, `.gzip`, `.zstd`
    DockerLayer(Compression),
    /// `application/vnd.docker.image.rootfs.foreign.diff.tar`, `.gzip`
    DockerForeignLayer(Compression),
    /// `application/vnd.oci.empty.v1+json`
    OciEmpty,
    /// Any other.
    Other(Box<str>),
}

const TABLE: &[(&str, MediaType)] = &[
    ("application/vnd.oci.image.index.v1+json", MediaType::OciIndex),
    ("application/vnd.oci.image.manifest.v1+json", MediaType::OciManifest),
    ("application/vnd.oci.image.config.v1+json", MediaType::OciConfig),
    ("application/vnd.oci.image.layer.v1.tar", MediaType::OciLayer(Compression::None)),
    ("application/vnd.oci.image.layer.v1.tar+gzip", MediaType::OciLayer(Compression::Gzip)),
    ("application/vnd.oci.image.layer.v1.tar+zstd", MediaType::OciLayer(Compression::Zstd)),
    (
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        MediaType::OciForeignLayer(Compression::None),
    ),
    (
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        MediaType::OciForeignLayer(Compression::Gzip),
    ),
    (
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        MediaType::OciForeignLayer(Compression::Zstd),
    ),
    ("application/vnd.docker.distribution.manifest.list.v2+json", MediaType::DockerManifestList),
    ("application/vnd.docker.distribution.manifest.v2+json", MediaType::DockerManifest),
    ("application/vnd.docker.container.image.v1+json", MediaType::DockerConfig),
    ("application/vnd.docker.image.rootfs.diff.tar", MediaType::DockerLayer(Compression::None)),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", MediaType::DockerLayer(Compression::Gzip)),
    ("application/vnd.docker.image.rootfs.diff.tar.zstd", MediaType::DockerLayer(Compression::Zstd)),
    (
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        MediaType::DockerForeignLayer(Compression::None),
    ),
    (
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        MediaType::DockerForeignLayer(Compression::Gzip),
    ),
    ("application/vnd.oci.empty.v1+json", MediaType::OciEmpty),
];

impl MediaType {
    /// Whether it names an index of manifests.
    #[must_use]
    pub const fn is_index(&self) -> bool {
        matches!(self, Self::OciIndex | Self::DockerManifestList)
    }

    /// Whether it names the manifest of one image.
    #[must_use]
    pub const fn is_manifest(&self) -> bool {
        matches!(self, Self::OciManifest | Self::DockerManifest)
    }

    /// Whether it names an image configuration.
    #[must_use]
    pub const fn is_config(&self) -> bool {
        matches!(self, Self::OciConfig | Self::DockerConfig)
    }

    /// For a layer of a file system, how it is compressed.
    #[must_use]
    pub const fn layer(&self) -> Option<Compression> {
        match self {
            Self::OciLayer(compression)
            | Self::OciForeignLayer(compression)
            | Self::DockerLayer(compression)
            | Self::DockerForeignLayer(compression) => Some(*compression),
            _ => None,
        }
    }

    /// As text, the way it stands in a document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if let Self::Other(text) = self {
            return text;
        }
        TABLE.iter().find(|(_, known)| known == self).map_or("", |(text, _)| text)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::DockerForeignLayer(Compression::Zstd) = self {
            return f.write_str("application/vnd.docker.image.rootfs.foreign.diff.tar.zstd");
        }
        f.write_str(self.as_str())
    }
}

impl FromStr for MediaType {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let known = TABLE.iter().find(|(name, _)| *name == text).map(|(_, known)| known.clone());
        Ok(known.unwrap_or_else(|| Self::Other(text.into())))
    }
}

impl Serialize for MediaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_type_reads_back() {
        for (text, media_type) in TABLE {
            assert_eq!(text.parse::<MediaType>().unwrap(), *media_type);
            assert_eq!(media_type.to_string(), *text);
        }
        assert_eq!("text/x".parse::<MediaType>().unwrap().to_string(), "text/x");
    }
}
