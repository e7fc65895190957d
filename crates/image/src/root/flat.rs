//! The merged root of an image, in a folder or a tar.

use std::{fs, io, path::Path};

use casehard_oci::Compression;

use super::folder::Folder;
use crate::{
    Image, LayerWriter, Tree, WriteError,
    edit::{Sink, flatten},
    write::Style,
};

/// What was written, and what could not be kept as the image has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flattened {
    /// Entries.
    pub entries: u64,
    /// Entries that belong to the user who writes, as only root may give files away.
    pub owners: u64,
    /// Devices that are missing, as only root may make them.
    pub devices: u64,
    /// Extended attributes that are missing.
    pub xattrs: u64,
}

/// Writes the merged root of an image to `path`: a tar when its name ends in `.tar`, `.tar.gz`, `.tgz` or `.tar.zst` (in
/// the place of a file there), else a folder, which must not be there or be empty. `tree` is of this image.
///
/// The tar has the entries that no upper layer replaces, in the order of the layers; two runs write the same bytes. The
/// folder is written beside its place and renamed into it.
///
/// # Errors
/// When the image cannot be read, or `path` not be written.
pub fn copy_to_root(image: &Image, tree: &Tree, path: &Path, style: Style) -> Result<Flattened, WriteError> {
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| WriteError::Io { path: path.to_owned(), source };
    if let Some(named) = compression(path) {
        let mut tar = LayerWriter::create(beside, style.compression.unwrap_or(named), style.clamp)?;
        let mut counted = Counted { tar: &mut tar, entries: 0 };
        flatten(image, tree, &mut counted)?;
        let entries = counted.entries;
        tar.finish_as(path)?;
        return Ok(Flattened { entries, ..Flattened::default() });
    }
    match fs::read_dir(path) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(WriteError::NotEmpty(path.to_owned()));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let place = tempfile::Builder::new().prefix(".casehard-root-").tempdir_in(beside).map_err(failed)?;
    let mut folder = Folder::new(place.path());
    flatten(image, tree, &mut folder)?;
    let done = folder.finish()?;
    fs::rename(place.path(), path).map_err(failed)?;
    // It stands elsewhere now: nothing is left to remove.
    let _ = place.keep();
    Ok(done)
}

/// How a tar of that name is compressed; `None` for what is no name of a tar.
fn compression(path: &Path) -> Option<Compression> {
    let name = path.file_name()?.to_str()?;
    let ends = |end: &str| name.len() > end.len() && name.ends_with(end);
    if ends(".tar") {
        Some(Compression::None)
    } else if ends(".tar.gz") || ends(".tgz") {
        Some(Compression::Gzip)
    } else if ends(".tar.zst") {
        Some(Compression::Zstd)
    } else {
        None
    }
}

struct Counted<'a> {
    tar: &'a mut LayerWriter,
    entries: u64,
}

impl Sink for Counted<'_> {
    fn entry(&mut self, head: &crate::Head, content: &mut dyn io::Read) -> Result<(), WriteError> {
        self.entries += 1;
        self.tar.entry(head, content)
    }
}
