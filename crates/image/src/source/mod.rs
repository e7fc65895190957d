//! The places an image is read from.

mod archive;
mod layout;

use std::{
    fmt,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

pub(crate) use archive::{Archive, ArchiveError, Section};
use casehard_oci::{Descriptor, Digest};
pub(crate) use layout::{Layout, open_file};

use crate::{ReadError, layer::Checked};

/// A place that has blobs.
pub(crate) trait Blobs: Send + Sync + fmt::Debug {
    /// The bytes of a blob, not checked yet.
    fn blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError>;

    /// The blob as a part of a file, when it lies in one that can be read at any place.
    fn section(&self, _digest: &Digest) -> Option<Section> {
        None
    }

    /// A file that is this blob, of its size and digest by a check of this run, and that may have another name.
    fn fresh(&self, _digest: &Digest) -> Option<PathBuf> {
        None
    }

    /// Has these blobs brought here, where they lie elsewhere: several at once is faster than one by one.
    fn prepare(&self, _blobs: &[Descriptor]) -> Result<(), ReadError> {
        Ok(())
    }

    /// The bytes of a manifest or index, not checked yet: some places keep them apart from blobs.
    fn manifest(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        self.blob(digest)
    }
}

/// A place that is shared by the images in it.
pub(crate) type Source = Arc<dyn Blobs>;

/// Why a document could not be had.
pub(crate) enum DocumentError {
    TooLarge,
    Read(ReadError),
}

/// The bytes of a manifest, index or configuration, checked.
pub(crate) fn document(
    source: &dyn Blobs,
    descriptor: &Descriptor,
    limit: u64,
) -> Result<Vec<u8>, DocumentError> {
    if descriptor.size > limit {
        return Err(DocumentError::TooLarge);
    }
    let mut bytes = Vec::new();
    let is_manifest = descriptor.media_type.is_index() || descriptor.media_type.is_manifest();
    let digest = &descriptor.digest;
    let blob = if is_manifest { source.manifest(digest) } else { source.blob(digest) };
    let blob = blob.map_err(DocumentError::Read)?;
    let read = Checked::new(blob, descriptor).read_to_end(&mut bytes);
    read.map_err(|error| DocumentError::Read(ReadError::io(format!("blob {}", descriptor.digest), error)))?;
    Ok(bytes)
}

/// Everything that `source` has, unless it is more than `limit` bytes: then `None`.
pub(crate) fn read_bounded(source: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Reads until the buffer is full or the source ends; how many bytes came.
pub(crate) fn fill(source: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
