//! What stands at a place, and which image of it is meant.

use std::{fs::File, io, path::Path, sync::Arc};

use casehard_oci::{Descriptor, Manifest, Reference, RootPath};

use super::{
    OpenError,
    assemble::{assemble, document, parse},
    docker, docker_v1, index,
};
use crate::{
    Image, ImageRef, Options, ReadError, Transport,
    registry::{Client, Remote},
    source::{Archive, ArchiveError, Layout, Source, read_bounded},
};

/// Opens the image that `image` names.
///
/// # Errors
/// When there is none, it is none, or its documents are broken.
pub fn open(image: &ImageRef, options: &Options) -> Result<Image, OpenError> {
    match &image.transport {
        Transport::Layout(path) => open_layout(path, image, options),
        Transport::LayoutArchive(path) => open_layout_archive(archive(path, options)?, path, image, options),
        Transport::DockerArchive(path) => open_docker_archive(archive(path, options)?, path, image, options),
        Transport::Detect(path) if path.is_dir() => open_layout(path, image, options),
        Transport::Detect(path) => open_any_archive(archive(path, options)?, path, image, options),
        Transport::DockerDaemon(name) => open_saved(&options.places.docker_socket, name, image, options),
        Transport::ContainersStorage(name) => open_saved(&options.places.podman_socket, name, image, options),
        Transport::Registry(reference) => open_registry(reference, image, options),
    }
}

fn open_registry(reference: &Reference, image: &ImageRef, options: &Options) -> Result<Image, OpenError> {
    let registries = &options.places.registries;
    let remote = Remote::new(Client::new(reference, registries, false, None)?, registries, &options.limits)?;
    let (found, bytes) = remote.resolve()?;
    let chosen = if found.media_type.is_index() {
        index::choose(&remote, &parse(&format!("index {}", found.digest), &bytes)?, image, options)?
    } else if found.media_type.is_manifest() {
        found
    } else {
        return Err(OpenError::MediaType { what: image.to_string(), media_type: found.media_type });
    };
    let bytes = document(&remote, &chosen, &options.limits)?;
    let manifest: Manifest = parse(&format!("manifest {}", chosen.digest), &bytes)?;
    let blobs: Vec<Descriptor> = std::iter::once(manifest.config).chain(manifest.layers).collect();
    remote.pull(&blobs)?;
    assemble(Arc::new(remote), &chosen, image.to_string(), options)
}

fn open_any_archive(
    archive: Archive,
    path: &Path,
    image: &ImageRef,
    options: &Options,
) -> Result<Image, OpenError> {
    // What newer Docker versions save is both; the layout has the manifests that the image really has.
    if archive.has(&member("oci-layout")) && archive.has(&member("index.json")) {
        open_layout_archive(archive, path, image, options)
    } else {
        open_docker_archive(archive, path, image, options)
    }
}

/// What a daemon saves has the one image that it was asked for.
fn open_saved(socket: &Path, name: &str, image: &ImageRef, options: &Options) -> Result<Image, OpenError> {
    let file = crate::daemon::save(socket, name, options.limits.unpacked)?;
    let archive =
        Archive::of_file(file, socket, &options.limits).map_err(|error| archive_error(socket, error))?;
    open_any_archive(archive, socket, image, options)
}

fn open_layout(path: &Path, image: &ImageRef, options: &Options) -> Result<Image, OpenError> {
    let index_path = path.join("index.json");
    let file = File::open(&index_path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound if path.exists() => OpenError::NotImage(path.to_owned()),
        io::ErrorKind::NotFound => OpenError::Io { path: path.to_owned(), source },
        _ => OpenError::Io { path: index_path.clone(), source },
    })?;
    let bytes = read_bounded(file, options.limits.document)
        .map_err(|source| OpenError::Io { path: index_path.clone(), source })?;
    let bytes = bounded(bytes, &index_path.display().to_string(), options)?;
    from_index(Arc::new(Layout(path.to_owned())), &bytes, &index_path.display().to_string(), image, options)
}

fn open_layout_archive(
    archive: Archive,
    path: &Path,
    image: &ImageRef,
    options: &Options,
) -> Result<Image, OpenError> {
    let bytes = read_member(&archive, path, &member("index.json"), options)?
        .ok_or_else(|| OpenError::NotImage(path.to_owned()))?;
    from_index(Arc::new(archive), &bytes, &format!("index.json of {}", path.display()), image, options)
}

fn open_docker_archive(
    archive: Archive,
    path: &Path,
    image: &ImageRef,
    options: &Options,
) -> Result<Image, OpenError> {
    if archive.has(&member("manifest.json")) {
        docker::open(archive, path, image, options)
    } else if archive.has(&member("repositories")) {
        docker_v1::open(archive, path, image, options)
    } else {
        Err(OpenError::NotImage(path.to_owned()))
    }
}

fn from_index(
    source: Source,
    bytes: &[u8],
    what: &str,
    image: &ImageRef,
    options: &Options,
) -> Result<Image, OpenError> {
    let chosen = index::choose(&*source, &parse(what, bytes)?, image, options)?;
    assemble(source, &chosen, image.to_string(), options)
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
