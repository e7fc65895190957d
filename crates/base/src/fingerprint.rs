//! What an image would be made of, without making it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use casehard_oci::{Digest, Hasher};

use crate::{
    FileContent, Options, Recipe,
    error::BuildError,
    select::{fetcher, releases, repositories},
};

/// Folders of a recipe's source may be this deep.
const DEPTH: usize = 64;

/// A digest of all that [`build`](crate::build) looks at: the recipe, the files that it names, the releases of its suites
/// as they are now, and this version. While it is the same, so is the image.
///
/// # Errors
/// When a release cannot be had or verified, or a file not be read.
pub fn fingerprint(recipe: &Recipe, options: &Options) -> Result<Digest, BuildError> {
    let architecture = recipe.architecture.as_ref().unwrap_or(&options.architecture);
    let repositories = repositories(recipe, options, architecture)?;
    let mut hasher = Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(format!("{recipe:?} {architecture} {:?} {:?}", options.date, options.lock).as_bytes());
    for (number, release) in releases(recipe, options, &repositories, &fetcher(options)?)? {
        let repository = &repositories[number];
        add(format!("{} {} {:?}", repository.uri, repository.suite, repository.components).as_bytes());
        add(release.digest.to_string().as_bytes());
    }
    for file in &recipe.files {
        if let FileContent::Source(source) = &file.content {
            source_file(&options.folder.join(source), &mut add, 0)
                .map_err(|(path, source)| BuildError::Read { path, source })?;
        }
    }
    Ok(hasher.finish())
}

/// A file, or a folder with all below it: names, whether it can be run, content.
fn source_file(path: &Path, add: &mut impl FnMut(&[u8]), depth: usize) -> Result<(), (PathBuf, io::Error)> {
    use std::os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _};
    let failed = |error| (path.to_owned(), error);
    // The source itself may be a link to what is meant; links inside a folder are content.
    let metadata =
        if depth == 0 { fs::metadata(path) } else { fs::symlink_metadata(path) }.map_err(failed)?;
    add(path.file_name().unwrap_or_default().as_bytes());
    if metadata.is_symlink() {
        add(fs::read_link(path).map_err(failed)?.as_os_str().as_bytes());
    } else if metadata.is_dir() && depth < DEPTH {
        let entries = fs::read_dir(path).map_err(failed)?;
        let mut below: Vec<PathBuf> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed)?;
        below.sort();
        add(&(below.len() as u64).to_le_bytes());
        for path in below {
            source_file(&path, add, depth + 1)?;
        }
    } else if metadata.is_file() {
        add(if metadata.permissions().mode() & 0o100 == 0 { b"-" } else { b"x" });
        let mut hasher = Hasher::new();
        let mut file = fs::File::open(path).map_err(failed)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match io::Read::read(&mut file, &mut buffer).map_err(failed)? {
                0 => break,
                read => hasher.update(&buffer[..read]),
            }
        }
        add(hasher.finish().to_string().as_bytes());
    }
    Ok(())
}
