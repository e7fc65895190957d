//! The folder of copies: what is in it, since when, and the store that is built from it.

use crate::{
    import::{self, ImportError, Imported, source},
    store::{Builder, Store, StoreError},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

/// The file in the folder that says what the copies are.
const STATE: &str = "state.json";

/// Why the folder of copies could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file of it could not be read or written.
    #[error("use the folder of feeds {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Its list of copies is damaged.
    #[error("read the list of feeds {path}: {source}")]
    State {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// A copy could not be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is known of one copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Copy {
    /// Its `ETag`, to ask only for what changed (RFC 9110, section 8.8.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) etag: Option<String>,
    /// Its `Last-Modified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) modified: Option<String>,
    /// The time of the newest change that the copy has, where its publisher lists changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<String>,
    /// The day it was fetched; absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fetched: Option<String>,
    /// The source in the store that it feeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    /// Why and when it could last not be fetched; absent if it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<String>,
}

/// The copies by their place in the folder.
pub(super) type State = BTreeMap<String, Copy>;

pub(super) fn read_state(folder: &Path) -> Result<State, FolderError> {
    let path = folder.join(STATE);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| FolderError::State { path, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::new()),
        Err(source) => Err(FolderError::Io { path, source }),
    }
}

pub(super) fn write_state(folder: &Path, state: &State) -> Result<(), FolderError> {
    let path = folder.join(STATE);
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(state)?)?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|source| FolderError::Io { path: path.clone(), source })
}

/// Builds the store at `path` from the copies in `folder`. What an older store holds of sources that are not in the folder
/// is taken over from `keep`.
///
/// # Errors
/// If a copy cannot be read, or the store cannot be written.
pub fn rebuild(
    folder: &Path,
    path: &Path,
    keep: Option<&Store>,
    today: &str,
) -> Result<Imported, FolderError> {
    let state = read_state(folder)?;
    let mut builder = Builder::new(today);
    let copies: Vec<PathBuf> =
        state.iter().filter(|(_, copy)| copy.fetched.is_some()).map(|(file, _)| folder.join(file)).collect();
    let imported = import::import(&mut builder, &copies, today)?;
    for (file, copy) in &state {
        let Some(failure) = &copy.failure else { continue };
        let name = copy.source.as_deref().unwrap_or("osv");
        let index = builder.source(&source(name));
        if let Some(entry) = builder.source_mut(index) {
            let kept = copy
                .fetched
                .as_ref()
                .map_or("there is no copy".to_owned(), |day| format!("the copy of {day} is kept"));
            entry.caveats.push(format!("update failed: {file}: {failure}; {kept}"));
        }
    }
    if let Some(keep) = keep {
        builder.carry(keep)?;
    }
    builder.write(path)?;
    Ok(imported)
}
