//! To an OCI image layout in a folder.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use casehard_oci::{Descriptor, Digest, Index};

use super::{Graph, is_foreign};
use crate::{
    LayoutWriter, Limits, ReadError, WriteError,
    layer::Checked,
    source::{open_file, read_bounded},
    write::{BlobFile, copy_blob, link_blob},
};

const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// Copies images to an OCI image layout at `path`, blob by blob with every digest and size checked; the manifests stay
/// as they are. With a name they are put beside the images that a layout there has, in the place of the one of that
/// name; without one, in the place of a layout that has no named images. Returns the digest of the manifest or index.
///
/// # Errors
/// When a blob cannot be read, is not what its descriptor says, or cannot be written.
pub fn copy_to_layout(graph: &Graph, path: &Path, name: Option<&str>) -> Result<Digest, WriteError> {
    graph.prepare()?;
    let old = old_index(path)?;
    match (old, name) {
        (Some(_), Some(name)) => add(graph, path, name)?,
        (Some(old), None) if old.manifests.iter().any(|descriptor| descriptor.ref_name().is_some()) => {
            let names = old.manifests.iter().filter_map(Descriptor::ref_name);
            let there = names.map(|name| casehard_oci::escape(name.as_bytes()).into_owned()).collect();
            return Err(WriteError::Named { path: path.to_owned(), there });
        }
        (_, name) => {
            let writer = LayoutWriter::create(path)?;
            put_blobs(graph, writer.blobs())?;
            writer.finish_index(&Index::new(entries(graph, name)))?;
        }
    }
    Ok(graph.digest())
}

/// The entries of the index for what is copied.
pub(super) fn entries(graph: &Graph, name: Option<&str>) -> Vec<Descriptor> {
    let mut root = graph.root().clone();
    root.annotations.remove(REF_NAME);
    if let Some(name) = name {
        root.annotations.insert(REF_NAME.to_owned(), name.to_owned());
    }
    let unnamed = |referrer: &Descriptor| {
        let mut referrer = referrer.clone();
        referrer.annotations.remove(REF_NAME);
        referrer
    };
    std::iter::once(root).chain(graph.referrers().iter().map(unnamed)).collect()
}

fn put_blobs(graph: &Graph, blobs: &Path) -> Result<(), WriteError> {
    for descriptor in graph.blobs() {
        let there = fs::metadata(blobs.join(descriptor.digest.hex()));
        if there.is_ok_and(|there| there.is_file() && there.len() == descriptor.size) {
            continue;
        }
        if graph.fresh(descriptor).is_some_and(|file| link_blob(blobs, &descriptor.digest, &file)) {
            continue;
        }
        match graph.blob(descriptor) {
            Ok(mut blob) => copy_blob(blobs, &descriptor.digest, &mut blob)?,
            // Its publisher keeps it elsewhere, and its descriptor says where.
            Err(ReadError::Missing { .. }) if is_foreign(descriptor) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for document in graph.documents() {
        let mut content = Checked::new(&document.bytes[..], &document.descriptor);
        copy_blob(blobs, &document.descriptor.digest, &mut content)?;
    }
    Ok(())
}

/// Puts images beside those that a layout has. Blobs come first, and the index is replaced by a rename, so that whoever
/// reads meanwhile finds either the old images or the new ones.
fn add(graph: &Graph, path: &Path, name: &str) -> Result<(), WriteError> {
    let failed = |source| WriteError::Io { path: path.to_owned(), source };
    let lock = File::open(path.join("oci-layout")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let blobs = path.join("blobs/sha256");
    fs::create_dir_all(&blobs).map_err(failed)?;
    put_blobs(graph, &blobs)?;
    let mut index = old_index(path)?.unwrap_or_else(|| Index::new(Vec::new()));
    let new = entries(graph, Some(name));
    index.manifests.retain(|old| {
        old.ref_name() != Some(name)
            && !new.iter().any(|new| new.digest == old.digest && old.ref_name().is_none())
    });
    index.manifests.extend(new);
    let mut file = BlobFile::create(path)?;
    serde_json::to_writer(&mut file, &index).map_err(|error| failed(error.into()))?;
    file.flush().map_err(failed)?;
    file.finish_as(&path.join("index.json"))
}

/// The index of a layout that is there already; `None` when nothing is.
fn old_index(path: &Path) -> Result<Option<Index>, WriteError> {
    let at = path.join("index.json");
    let failed = |source| WriteError::Io { path: at.clone(), source };
    let file = match open_file(&at) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        file => file.map_err(failed)?,
    };
    if !path.join("oci-layout").is_file() {
        return Err(WriteError::NotLayout(path.to_owned()));
    }
    let bytes = read_bounded(file, Limits::default().document).map_err(failed)?.unwrap_or_default();
    serde_json::from_slice(&bytes).map(Some).map_err(|error| failed(error.into()))
}

/// An error of a reader that checks.
pub(super) fn explain(path: &Path, error: io::Error) -> WriteError {
    match error.downcast::<ReadError>() {
        Ok(error) => error.into(),
        Err(source) => WriteError::Io { path: path.to_owned(), source },
    }
}
