//! What stands at a place, and which image of it is meant.

use std::{io, path::Path, sync::Arc};

use casehard_oci::{Descriptor, Index, Manifest, Reference, RootPath};

use super::{
    OpenError,
    assemble::{assemble, document, parse},
    docker, docker_v1,
    index::{self, Chosen},
    root,
};
use crate::{
    Graph, Image, ImageRef, Limits, Options, ReadError, Transport,
    registry::Remote,
    source::{Archive, ArchiveError, Blobs, Layout, Source, open_file, read_bounded},
};

/// Opens the image that `image` names.
///
/// # Errors
/// When there is none, it is none, or its documents are broken.
pub fn open(image: &ImageRef, options: &Options) -> Result<Image, OpenError> {
    match locate(image, options)? {
        Found::Image(found) => Ok(*found),
        Found::Index(source, index) => {
            let chosen = index::choose(&*source, &index, image, options)?;
            assemble(source, &chosen, image.to_string(), options)
        }
        Found::Remote(remote, descriptor, bytes) => open_remote(*remote, descriptor, &bytes, image, options),
    }
}

/// How much of what a reference leads to is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Every platform of an index, and its attestations; else the one image that [`open`] would choose.
    pub platforms: bool,
    /// What speaks of them, too: signatures, bills of materials.
    pub referrers: bool,
}

/// Opens what `image` names to be copied as it is.
///
/// # Errors
/// As [`open`].
pub fn open_all(image: &ImageRef, options: &Options, extent: Extent) -> Result<Graph, OpenError> {
    let one = |source: &dyn Blobs, index: &Index| {
        index::choose(source, index, image, options).map(|chosen| chosen.image)
    };
    match locate(image, options)? {
        Found::Image(found) => Ok(Graph::from(&*found)),
        Found::Index(source, index) => {
            let root = if extent.platforms { index::root(&index, image)? } else { one(&*source, &index)? };
            let mut graph = Graph::gather(image.to_string(), source, root, options)?;
            if extent.referrers {
                graph.add_referrers_of_index(&index, options)?;
            }
            Ok(graph)
        }
        Found::Remote(remote, mut root, bytes) => {
            if !extent.platforms && root.media_type.is_index() {
                root = one(&*remote, &parse(&format!("index {}", root.digest), &bytes)?)?;
            }
            let source = Arc::new(*remote);
            let mut graph = Graph::gather(image.to_string(), source.clone(), root, options)?;
            if extent.referrers {
                graph.add_referrers_of(options, |digest| Ok(source.referrers(digest)?))?;
            }
            Ok(graph)
        }
    }
}

/// What stands at a place.
enum Found {
    Image(Box<Image>),
    Index(Source, Index),
    /// A repository, and the index or manifest of it that the reference names.
    Remote(Box<Remote>, Descriptor, Vec<u8>),
}

fn locate(image: &ImageRef, options: &Options) -> Result<Found, OpenError> {
    let limits = &options.limits;
    match &image.transport {
        Transport::Layout(path) => layout(path, options),
        Transport::LayoutArchive(path) => layout_archive(archive(path, options)?, path, options),
        Transport::DockerArchive(path) => docker_archive(archive(path, options)?, path, image, options),
        Transport::Detect(path) if path.is_dir() => layout(path, options),
        Transport::Detect(path) => any_archive(archive(path, options)?, path, image, options),
        Transport::DockerDaemon(name) => saved(&options.places.docker_socket, name, image, options),
        Transport::ContainersStorage(name) => saved(&options.places.podman_socket, name, image, options),
        Transport::Root(path) => Ok(Found::Image(Box::new(root::open(path, image, options)?))),
        Transport::Registry(reference) => remote(reference, options, limits),
    }
}

fn remote(reference: &Reference, options: &Options, limits: &Limits) -> Result<Found, OpenError> {
    let remote = Remote::new(reference, &options.places.registries, limits)?;
    let (found, bytes) = remote.resolve()?;
    Ok(Found::Remote(Box::new(remote), found, bytes))
}

fn open_remote(
    remote: Remote,
    found: Descriptor,
    bytes: &[u8],
    image: &ImageRef,
    options: &Options,
) -> Result<Image, OpenError> {
    let chosen = if found.media_type.is_index() {
        index::choose(&remote, &parse(&format!("index {}", found.digest), bytes)?, image, options)?
    } else if found.media_type.is_manifest() {
        Chosen { image: found, all: Vec::new() }
    } else {
        return Err(OpenError::MediaType { what: image.to_string(), media_type: found.media_type });
    };
    let bytes = document(&remote, &chosen.image, &options.limits)?;
    let manifest: Manifest = parse(&format!("manifest {}", chosen.image.digest), &bytes)?;
    // Nothing is pulled of what would be refused afterwards.
    if manifest.layers.len() > Limits::LAYERS {
        return Err(OpenError::TooManyLayers { count: manifest.layers.len() });
    }
    if !manifest.config.media_type.is_config() {
        let what = format!("configuration {}", manifest.config.digest);
        return Err(OpenError::MediaType { what, media_type: manifest.config.media_type });
    }
    let blobs: Vec<Descriptor> = std::iter::once(manifest.config).chain(manifest.layers).collect();
    remote.pull(&blobs)?;
    assemble(Arc::new(remote), &chosen, image.to_string(), options)
}

fn any_archive(
    archive: Archive,
    path: &Path,
    image: &ImageRef,
    options: &Options,
) -> Result<Found, OpenError> {
    // What newer Docker versions save is both; the layout has the manifests that the image really has.
    if archive.has(&member("oci-layout")) && archive.has(&member("index.json")) {
        layout_archive(archive, path, options)
    } else {
        docker_archive(archive, path, image, options)
    }
}

/// What a daemon saves has the one image that it was asked for.
fn saved(socket: &Path, name: &str, image: &ImageRef, options: &Options) -> Result<Found, OpenError> {
    let file = crate::daemon::save(socket, name, options.limits.unpacked)?;
    let archive =
        Archive::of_file(file, socket, &options.limits).map_err(|error| archive_error(socket, error))?;
    any_archive(archive, socket, image, options)
}

fn layout(path: &Path, options: &Options) -> Result<Found, OpenError> {
    let index_path = path.join("index.json");
    let file = open_file(&index_path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound if path.exists() => OpenError::NotImage(path.to_owned()),
        io::ErrorKind::NotFound => OpenError::Io { path: path.to_owned(), source },
        _ => OpenError::Io { path: index_path.clone(), source },
    })?;
    let bytes = read_bounded(file, options.limits.document)
        .map_err(|source| OpenError::Io { path: index_path.clone(), source })?;
    let what = index_path.display().to_string();
    let bytes = bounded(bytes, &what, options)?;
    Ok(Found::Index(Arc::new(Layout(path.to_owned())), parse(&what, &bytes)?))
}

fn layout_archive(archive: Archive, path: &Path, options: &Options) -> Result<Found, OpenError> {
    let bytes = read_member(&archive, path, &member("index.json"), options)?
        .ok_or_else(|| OpenError::NotImage(path.to_owned()))?;
    let index = parse(&format!("index.json of {}", path.display()), &bytes)?;
    Ok(Found::Index(Arc::new(archive), index))
}

fn docker_archive(
    archive: Archive,
    path: &Path,
    image: &ImageRef,
    options: &Options,
) -> Result<Found, OpenError> {
    let found = if archive.has(&member("manifest.json")) {
        docker::open(archive, path, image, options)?
    } else if archive.has(&member("repositories")) {
        docker_v1::open(archive, path, image, options)?
    } else {
        return Err(OpenError::NotImage(path.to_owned()));
    };
    Ok(Found::Image(Box::new(found)))
}

fn archive(path: &Path, options: &Options) -> Result<Archive, OpenError> {
    Archive::open(path, &options.limits).map_err(|error| archive_error(path, error))
}

fn archive_error(path: &Path, error: ArchiveError) -> OpenError {
    let path = path.to_owned();
    match error {
        ArchiveError::Io(source) => OpenError::Io { path, source },
        ArchiveError::NotTar => OpenError::NotImage(path),
        ArchiveError::Tar(offset, source) => OpenError::Archive { path, offset, source },
        ArchiveError::TooManyMembers => OpenError::TooManyMembers(path),
        ArchiveError::Names(limit) => OpenError::Names { path, limit },
        ArchiveError::Unpacked(limit) => OpenError::Unpacked { path, limit },
    }
}

/// The member of an archive that a document names. Names in documents are as hostile as others, so they are read as
/// paths inside the archive.
pub(super) fn member(name: &str) -> RootPath {
    RootPath::root().join_as_kernel(name.as_bytes())
}

/// A document among the members of an archive.
pub(super) fn read_member(
    archive: &Archive,
    path: &Path,
    member: &RootPath,
    options: &Options,
) -> Result<Option<Vec<u8>>, OpenError> {
    let Some((_, section)) = archive.member(member) else { return Ok(None) };
    let what = format!("{member} of {}", path.display());
    let bytes =
        read_bounded(section, options.limits.document).map_err(|error| ReadError::io(&what, error))?;
    bounded(bytes, &what, options).map(Some)
}

fn bounded(bytes: Option<Vec<u8>>, what: &str, options: &Options) -> Result<Vec<u8>, OpenError> {
    let limit = options.limits.document;
    bytes.ok_or_else(|| OpenError::DocumentSize { what: what.to_owned(), limit })
}
