//! Secrets and certificates in the contents of files, in every layer, in the same pass that reads the image.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use casehard_image::{Facts, Head, Inspect, Tree, Want};
use casehard_oci::RootPath;

use super::{
    Verified,
    certificates::{Certificate, certificates_in},
};
use crate::secret::{Look, SecretLine, is_secret_file, secrets_in};

/// Larger files are not searched.
const LARGEST: u64 = 2 << 20;

/// Searches files for secrets while the image streams past. Give it to [`casehard_image::read`] or
/// [`casehard_inventory::survey_with`], then ask [`Secrets::finish`].
#[derive(Debug, Default)]
pub struct Secrets {
    /// Everything that was seen in any layer.
    seen: Mutex<BTreeMap<RootPath, Vec<SecretFacts>>>,
    /// Files of any layer whose names say secret.
    named: Mutex<BTreeSet<RootPath>>,
}

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretFacts {
    secrets: Vec<SecretLine>,
    certificates: Vec<Certificate>,
}

/// What was found in the contents of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileContents {
    /// What looks like a secret, sorted.
    pub secrets: Vec<FoundSecret>,
    /// Files whose names say secret, and which an upper layer removed.
    pub(crate) removed: Vec<RootPath>,
    /// The certificates of the files of the merged tree.
    pub(crate) certificates: BTreeMap<RootPath, Vec<Certificate>>,
    /// Packaged files beside what was installed, where that was asked.
    pub verified: Option<Verified>,
}

/// A secret in the content of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundSecret {
    /// The file.
    pub path: RootPath,
    /// The layer, from 0, when the file is in the merged tree.
    pub layer: Option<usize>,
    /// How it was told.
    pub look: Look,
    /// What it looks like, such as `AWS access key`, or the name that it is assigned to.
    pub what: Cow<'static, str>,
    /// The line, from 1.
    pub line: u32,
    /// Whether an upper layer replaced or removed the file, so that it only hides there.
    pub hidden: bool,
}

impl Secrets {
    /// A search that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was found, sorted, once the image was read.
    #[must_use]
    pub fn finish(self, tree: &Tree, facts: &Facts<SecretFacts>) -> FileContents {
        let mut found = FileContents::default();
        for (path, versions) in self.seen.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let entry = tree.get(&path).filter(|entry| entry.is_file());
            let now = entry.and_then(|entry| facts.get(entry));
            for version in versions {
                let hidden = now != Some(&version);
                let layer = entry.filter(|_| !hidden).map(casehard_image::Entry::layer);
                let of_file = |SecretLine { look, what, line }| FoundSecret {
                    path: path.clone(),
                    layer,
                    look,
                    what,
                    line,
                    hidden,
                };
                found.secrets.extend(version.secrets.into_iter().map(of_file));
                if !hidden && !version.certificates.is_empty() {
                    found.certificates.insert(path.clone(), version.certificates);
                }
            }
        }
        let named = self.named.into_inner().unwrap_or_else(PoisonError::into_inner);
        let told = |path: &RootPath| found.secrets.iter().any(|secret| secret.path == *path);
        let is_there = |path: &RootPath| tree.get(path).is_some_and(casehard_image::Entry::is_file);
        found.removed = named.into_iter().filter(|path| !is_there(path) && !told(path)).collect();
        found.secrets.sort();
        found.secrets.dedup();
        found
    }
}

/// What an audit takes of memory for large files rather than of time.
const ROOM: u64 = 160 << 20;

/// An audit without secrets.
#[derive(Debug, Clone, Copy)]
pub struct NoSecrets;

impl Inspect for NoSecrets {
    type Fact = ();

    fn wants(&self, _: &Head, _: &[u8]) -> Want {
        Want::Nothing
    }

    fn inspect(&self, _: &RootPath, _: &Head, _: &[u8]) -> Option<()> {
        None
    }

    fn room(&self) -> u64 {
        ROOM
    }
}

impl Inspect for Secrets {
    type Fact = SecretFacts;

    fn wants(&self, head: &Head, start: &[u8]) -> Want {
        if head.size > 0 && may_be_named(&head.path) && secret_by_name(&head.path).is_some() {
            self.named.lock().unwrap_or_else(PoisonError::into_inner).insert(head.path.clone());
        }
        // Text; programs and archives hold too much that only looks like a secret.
        let is_binary = start.iter().take(1024).any(|byte| *byte == 0);
        if head.size < 16 || head.size > LARGEST || is_binary { Want::Nothing } else { Want::Whole(LARGEST) }
    }

    fn room(&self) -> u64 {
        ROOM
    }

    fn inspect(&self, path: &RootPath, _: &Head, bytes: &[u8]) -> Option<SecretFacts> {
        let name = path.to_utf8().unwrap_or_default();
        let facts = SecretFacts { secrets: secrets_in(&name, bytes), certificates: certificates_in(bytes) };
        if facts.secrets.is_empty() && facts.certificates.is_empty() {
            return None;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(path.clone()).or_default().push(facts.clone());
        Some(facts)
    }
}

/// What a file of this path holds, when its name says that it is secret.
pub(crate) fn secret_by_name(path: &RootPath) -> Option<&'static str> {
    is_secret_file(&path.to_utf8()?)
}

/// Whether a look at the whole name is worth it: of most files it is not. What packages bring stands below `/usr`.
fn may_be_named(path: &RootPath) -> bool {
    let bytes = path.as_bytes();
    let name = path.file_name().unwrap_or_default();
    !bytes.starts_with(b"usr/")
        && (name.first().is_some_and(|first| b"._".contains(first))
            || name.iter().rev().take(12).any(|byte| *byte == b'.')
            || name.len() <= 12)
}
