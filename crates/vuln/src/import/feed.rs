//! The import as a whole: paths in, a filled builder out.

use super::{documents, intake::Intake, recognise};
use crate::store::Builder;
use serde::Serialize;
use std::{io, path::PathBuf};

/// Most names of unread documents that are kept.
const NAMES: usize = 20;

/// Why a path could not be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file or archive could not be read.
    #[error("import {path}: {source}")]
    Io {
        /// The path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// There are more documents than any feed has.
    #[error("import {path}: it holds more than {limit} documents")]
    TooMany {
        /// The path.
        path: PathBuf,
        /// The bound.
        limit: usize,
    },
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Documents that were read.
    pub read: u64,
    /// Documents of no known kind.
    pub unknown: u64,
    /// Documents that are damaged.
    pub damaged: u64,
    /// Some of the names of what was not read, each with its reason.
    pub unread: Vec<String>,
}

impl Imported {
    /// Adds what another path gave.
    pub fn add(&mut self, other: Self) {
        self.read += other.read;
        self.unknown += other.unknown;
        self.damaged += other.damaged;
        self.unread.extend(other.unread);
        self.unread.truncate(NAMES);
    }
}

/// Reads one document into `builder`, whatever feed it is of. Gives whether it was of a known kind and sound.
pub fn import_document(builder: &mut Builder, name: &str, bytes: &[u8], today: &str) -> bool {
    recognise::read(name, bytes, &mut Intake::new(builder, today)) == recognise::Outcome::Read
}

/// Reads every document in `paths` into `builder`. `today` (`YYYY-MM-DD`) is the day of the import; dates after it are
/// not believed.
///
/// # Errors
/// If a path or an archive cannot be read. What was read before stays in the builder.
pub fn import(builder: &mut Builder, paths: &[PathBuf], today: &str) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    let mut intake = Intake::new(builder, today);
    for path in paths {
        documents::each(path, &mut |name, bytes| {
            let reason = match recognise::read(name, bytes, &mut intake) {
                recognise::Outcome::Read => {
                    imported.read += 1;
                    return;
                }
                recognise::Outcome::Damaged(kind) => {
                    imported.damaged += 1;
                    format!("damaged {kind}")
                }
                recognise::Outcome::Unknown => {
                    imported.unknown += 1;
                    "not a feed".to_owned()
                }
            };
            if imported.unread.len() < NAMES {
                imported.unread.push(format!("{name}: {reason}"));
            }
        })?;
    }
    Ok(imported)
}
