//! A blob in the making: bytes in a file that takes the name of their digest.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use casehard_oci::{Digest, Hasher};
use tempfile::NamedTempFile;

use super::WriteError;

/// A file beside the blobs; dropped before it is finished, it is gone.
#[derive(Debug)]
pub(super) struct BlobFile {
    file: NamedTempFile,
    folder: PathBuf,
    hasher: Hasher,
    size: u64,
}

impl BlobFile {
    pub(super) fn create(folder: &Path) -> Result<Self, WriteError> {
        let file = tempfile::Builder::new()
            .prefix(".blob-")
            .tempfile_in(folder)
            .map_err(|source| WriteError::Io { path: folder.to_owned(), source })?;
        Ok(Self { file, folder: folder.to_owned(), hasher: Hasher::new(), size: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Gives the blob its name.
    pub(super) fn finish(self) -> Result<(Digest, u64), WriteError> {
        let digest = self.hasher.finish();
        let path = self.folder.join(digest.hex());
        let explain = |source| WriteError::Io { path: path.clone(), source };
        make_readable(self.file.path()).map_err(explain)?;
        self.file.persist(&path).map_err(|error| explain(error.error))?;
        Ok((digest, self.size))
    }
}

impl Write for BlobFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Temporary files are made for their owner alone; an image is for whoever may read the folder.
fn make_readable(path: &Path) -> io::Result<()> {
    use fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, Permissions::from_mode(0o644))
}
