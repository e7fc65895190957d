//! An OCI image layout in a folder (OCI image specification, `image-layout.md`).

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use casehard_oci::Digest;

use super::{Blobs, Section};
use crate::ReadError;

/// A folder with an image layout.
#[derive(Debug)]
pub(crate) struct Layout(pub PathBuf);

impl Blobs for Layout {
    fn blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        let path = self.0.join("blobs/sha256").join(digest.hex());
        match open_file(&path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ReadError::Missing { digest: *digest, image: self.0.display().to_string() })
            }
            Err(error) => Err(ReadError::io(format!("blob {digest}"), error)),
        }
    }

    fn section(&self, digest: &Digest) -> Option<Section> {
        let file = open_file(&self.0.join("blobs/sha256").join(digest.hex())).ok()?;
        let size = file.metadata().ok()?.len();
        Some(Section::new(Arc::new(file), size))
    }
}

/// Opens a regular file: opening a named pipe would wait for somebody who writes into it.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path)?.is_file() {
        return File::open(path);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
}
