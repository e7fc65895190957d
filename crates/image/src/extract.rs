//! The bytes of one file of an image.

use std::io::{self, Read, Write};

use casehard_oci::RootPath;

use crate::{Image, ReadError, Tree};

/// Why a file could not be taken out of an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// Nothing is there.
    #[error("find {0} in the image")]
    NotFound(RootPath),
    /// A symbolic link leads nowhere.
    #[error("follow {path}: it leads to {end}, where nothing is")]
    Dangling {
        /// Asked for.
        path: RootPath,
        /// Where it leads.
        end: RootPath,
    },
    /// What is there has no bytes.
    #[error("read {0}: it is no regular file")]
    NotFile(RootPath),
    /// The layer that has it could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The bytes could not be passed on.
    #[error("write the bytes of {path}: {source}")]
    Write {
        /// The file.
        path: RootPath,
        /// Why.
        source: io::Error,
    },
}

/// Writes the bytes of the file at `path`, symbolic links followed inside the image, to `out`; returns their number.
/// The layer is read to its end, so that bytes of a layer that is not what its digests say end in an error.
///
/// # Errors
/// When there is no file, its layer cannot be read, or `out` cannot be written.
pub fn extract(
    image: &Image,
    tree: &Tree,
    path: &RootPath,
    out: &mut dyn Write,
) -> Result<u64, ExtractError> {
    let resolved = tree.resolve(path);
    let Some(entry) = resolved.entry else {
        return Err(if resolved.links.is_empty() {
            ExtractError::NotFound(path.clone())
        } else {
            ExtractError::Dangling { path: path.clone(), end: resolved.path }
        });
    };
    let place = entry.bytes_at().or_else(|| Some((entry.layer(), entry.ordinal()?)));
    let (true, Some((layer, wanted))) = (entry.is_file(), place) else {
        return Err(ExtractError::NotFile(resolved.path));
    };
    let mut entries = image.entries(layer)?;
    let (mut ordinal, mut count) = (0, 0);
    while let Some(mut entry) = entries.next()? {
        if ordinal == wanted {
            count = pass_on(&mut entry, path, out)?;
        }
        ordinal += 1;
    }
    Ok(count)
}

fn pass_on(content: &mut dyn Read, path: &RootPath, out: &mut dyn Write) -> Result<u64, ExtractError> {
    let mut buffer = vec![0; 128 << 10];
    let mut count = 0;
    loop {
        match content.read(&mut buffer) {
            Ok(0) => return Ok(count),
            Ok(read) => {
                let failed = |source| ExtractError::Write { path: path.clone(), source };
                out.write_all(&buffer[..read]).map_err(failed)?;
                count += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ReadError::io(path.to_string(), error).into()),
        }
    }
}
