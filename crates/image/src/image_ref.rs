//! How a person names an image.

use std::path::PathBuf;

/// Where images of a reference live.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// `oci:PATH[:NAME]`: an OCI image layout in a folder.
    Layout(PathBuf),
    /// `oci-archive:PATH[:NAME]`: an OCI image layout in a tar.
    LayoutArchive(PathBuf),
    /// `docker-archive:PATH[:NAME]`: what `docker save` writes.
    DockerArchive(PathBuf),
    /// `docker://REFERENCE`: a registry.
    Registry(casehard_oci::Reference),
    /// `docker-daemon:REFERENCE`: Docker's own store.
    DockerDaemon(String),
    /// `containers-storage:REFERENCE`: Podman's own store.
    ContainersStorage(String),
    /// A bare path: what it is, is found out by its content when it is opened.
    Detect(PathBuf),
}

/// How a person names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// Where.
    pub transport: Transport,
    /// Which of several there: a reference name or tag.
    pub name: Option<String>,
}

/// Why a text names no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageRefError {
    /// Nothing follows the transport.
    #[error("{0:?} names no image after its transport")]
    Empty(String),
    /// The registry reference is broken.
    #[error(transparent)]
    Reference(#[from] casehard_oci::ReferenceError),
}

impl ImageRef {
    /// Reads a reference. `exists` tells whether a bare text is a path on this machine.
    ///
    /// # Errors
    /// When nothing follows the transport, or a registry reference is not of the grammar.
    pub fn parse(_text: &str, _exists: impl Fn(&std::path::Path) -> bool) -> Result<Self, ImageRefError> {
        todo!()
    }
}
