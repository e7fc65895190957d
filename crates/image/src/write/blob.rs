//! A blob in the making: bytes in a file that takes the name of their digest.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use casehard_oci::{Digest, Hasher};
use tempfile::NamedTempFile;

use super::WriteError;
use crate::{ReadError, layer::Checked};

/// A file beside the blobs; dropped before it is finished, it is gone.
#[derive(Debug)]
pub(crate) struct BlobFile {
    file: NamedTempFile,
    folder: PathBuf,
    hasher: Hasher,
    size: u64,
}

impl BlobFile {
    pub(crate) fn create(folder: &Path) -> Result<Self, WriteError> {
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
        let (digest, size) = (self.hasher.clone().finish(), self.size);
        let path = self.folder.join(digest.hex());
        self.finish_as(&path)?;
        Ok((digest, size))
    }

    /// Gives it another name.
    pub(crate) fn finish_as(self, path: &Path) -> Result<(), WriteError> {
        let explain = |source| WriteError::Io { path: path.to_owned(), source };
        make_readable(self.file.path()).map_err(explain)?;
        self.file.persist(path).map_err(|error| explain(error.error))?;
        Ok(())
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

/// A blob that checks itself as it is read, into the folder of blobs under its digest.
pub(crate) fn copy_blob(
    folder: &Path,
    digest: &Digest,
    content: &mut Checked<impl Read>,
) -> Result<(), WriteError> {
    // Its digest is known: nothing is hashed again.
    let BlobFile { mut file, .. } = BlobFile::create(folder)?;
    let path = folder.join(digest.hex());
    let failed = |source| WriteError::Io { path: path.clone(), source };
    let mut buffer = vec![0; 256 << 10];
    loop {
        match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => file.write_all(&buffer[..read]).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ReadError::io("a blob", error).into()),
        }
    }
    make_readable(file.path()).map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A blob that lies in a file of this machine and has been checked there, under its digest in the folder of blobs: as
/// another name of that file. Whether that could be done.
pub(crate) fn link_blob(folder: &Path, digest: &Digest, file: &Path) -> bool {
    let path = folder.join(digest.hex());
    make_readable(file).is_ok() && fs::hard_link(file, path).is_ok()
}

/// Temporary files are made for their owner alone; an image is for whoever may read the folder.
fn make_readable(path: &Path) -> io::Result<()> {
    use fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, Permissions::from_mode(0o644))
}
