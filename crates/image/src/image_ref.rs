//! How a person names an image.

use std::{
    fmt,
    path::{Path, PathBuf},
};

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
    /// `rootfs:PATH`: a plain root, in a folder or a tar.
    Root(PathBuf),
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
    /// A bare text that looks like a path (it starts with `/`, `./`, `../`, or is `.` or `..`) is one whether or not it
    /// exists, so that a misspelt path is not looked for in a registry. A path may be followed by `:NAME`.
    ///
    /// # Errors
    /// When nothing follows the transport, or a registry reference is not of the grammar.
    pub fn parse(text: &str, exists: impl Fn(&Path) -> bool) -> Result<Self, ImageRefError> {
        let (transport, rest) = match text.split_once(':') {
            Some((transport, rest)) if TRANSPORTS.contains(&transport) => (transport, rest),
            _ => ("", text),
        };
        if rest.is_empty() || rest == "//" {
            return Err(ImageRefError::Empty(text.to_owned()));
        }
        let of = |make: fn(PathBuf) -> Transport| {
            let (path, name) = split_name(rest, &exists);
            Self { transport: make(path), name }
        };
        let plain = |transport| Self { transport, name: None };
        Ok(match transport {
            "oci" => of(Transport::Layout),
            "oci-archive" => of(Transport::LayoutArchive),
            "docker-archive" => of(Transport::DockerArchive),
            "rootfs" => plain(Transport::Root(PathBuf::from(rest))),
            "docker" => plain(Transport::Registry(rest.strip_prefix("//").unwrap_or(rest).parse()?)),
            "docker-daemon" => plain(Transport::DockerDaemon(rest.to_owned())),
            "containers-storage" => plain(Transport::ContainersStorage(rest.to_owned())),
            _ if is_path(rest) || exists(&split_name(rest, &exists).0) => of(Transport::Detect),
            _ => plain(Transport::Registry(rest.parse()?)),
        })
    }
}

const TRANSPORTS: [&str; 7] =
    ["oci", "oci-archive", "docker-archive", "docker", "docker-daemon", "containers-storage", "rootfs"];

fn is_path(text: &str) -> bool {
    text == "." || text == ".." || text.starts_with('/') || text.starts_with("./") || text.starts_with("../")
}

/// Splits `PATH[:NAME]`. A path that exists with its colons is taken whole.
fn split_name(text: &str, exists: &impl Fn(&Path) -> bool) -> (PathBuf, Option<String>) {
    let mut whole = (PathBuf::from(text), None);
    if exists(&whole.0) {
        return whole;
    }
    // The name may have a colon of its own (`app.tar:registry/app:1.0`), so the shortest path that exists counts.
    for (at, _) in text.match_indices(':').filter(|(at, _)| *at > 0) {
        let split =
            (PathBuf::from(&text[..at]), Some(text[at + 1..].to_owned()).filter(|name| !name.is_empty()));
        if exists(&split.0) {
            return split;
        }
        if whole.1.is_none() {
            whole = split;
        }
    }
    whole
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.transport {
            Transport::Layout(path) => write!(f, "oci:{}", path.display())?,
            Transport::LayoutArchive(path) => write!(f, "oci-archive:{}", path.display())?,
            Transport::DockerArchive(path) => write!(f, "docker-archive:{}", path.display())?,
            Transport::Registry(reference) => write!(f, "docker://{reference}")?,
            Transport::DockerDaemon(name) => write!(f, "docker-daemon:{name}")?,
            Transport::ContainersStorage(name) => write!(f, "containers-storage:{name}")?,
            Transport::Root(path) => write!(f, "rootfs:{}", path.display())?,
            Transport::Detect(path) => write!(f, "{}", path.display())?,
        }
        self.name.as_ref().map_or(Ok(()), |name| write!(f, ":{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ImageRef, ImageRefError> {
        ImageRef::parse(text, |path| ["app.tar", "dir", "odd:name"].contains(&path.to_str().unwrap()))
    }

    #[test]
    fn every_transport_is_read() {
        let path = |path: &str| PathBuf::from(path);
        for (text, transport, name) in [
            ("oci:dir", Transport::Layout(path("dir")), None),
            ("oci:dir:v1", Transport::Layout(path("dir")), Some("v1")),
            ("oci:new:v1", Transport::Layout(path("new")), Some("v1")),
            ("oci:odd:name", Transport::Layout(path("odd:name")), None),
            ("oci:odd:name:v1", Transport::Layout(path("odd:name")), Some("v1")),
            ("oci-archive:app.tar", Transport::LayoutArchive(path("app.tar")), None),
            (
                "docker-archive:app.tar:localhost:5000/app:1.0",
                Transport::DockerArchive(path("app.tar")),
                Some("localhost:5000/app:1.0"),
            ),
            ("app.tar", Transport::Detect(path("app.tar")), None),
            ("dir:v1", Transport::Detect(path("dir")), Some("v1")),
            ("./missing.tar", Transport::Detect(path("./missing.tar")), None),
            ("nginx:1.25", Transport::Registry("nginx:1.25".parse().unwrap()), None),
            ("docker://nginx", Transport::Registry("nginx".parse().unwrap()), None),
            ("docker-daemon:app:1", Transport::DockerDaemon("app:1".into()), None),
            ("rootfs:dir:v1", Transport::Root(path("dir:v1")), None),
            ("containers-storage:app", Transport::ContainersStorage("app".into()), None),
        ] {
            let read = parse(text).unwrap();
            assert_eq!((&read.transport, read.name.as_deref()), (&transport, name), "{text}");
            assert_eq!(parse(&read.to_string()).unwrap(), read, "{text} is shown so that it reads back");
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in ["oci:", "docker://", "", "docker-archive:"] {
            assert!(matches!(parse(text), Err(ImageRefError::Empty(_))), "{text:?}");
        }
        assert!(matches!(parse("UPPER CASE"), Err(ImageRefError::Reference(_))));
    }
}
