//! Secrets in the contents of files, in every layer, in the same pass that reads the image.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use casehard_image::{Facts, Head, Inspect, Tree, Want};
use casehard_oci::RootPath;

use crate::secret::{is_secret_file, secrets_in};

/// Larger files are not searched.
const LARGEST: u64 = 2 << 20;

/// Searches files for secrets while the image streams past. Give it to [`casehard_image::read`] or
/// [`casehard_inventory::survey_with`], then ask [`Secrets::finish`].
#[derive(Debug, Default)]
pub struct Secrets {
    /// Everything that was seen in any layer.
    seen: Mutex<BTreeMap<RootPath, Vec<SecretFacts>>>,
}

/// What was found in one file: what, and on which line (from 1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretFacts(Vec<(&'static str, u32)>);

/// A secret in the content of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundSecret {
    /// The file.
    pub path: RootPath,
    /// The layer, from 0, when the file is in the merged tree.
    pub layer: Option<usize>,
    /// What it looks like, such as `AWS access key`.
    pub what: &'static str,
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
    pub fn finish(self, tree: &Tree, facts: &Facts<SecretFacts>) -> Vec<FoundSecret> {
        let mut found = Vec::new();
        for (path, versions) in self.seen.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let entry = tree.get(&path).filter(|entry| entry.is_file());
            let now = entry.and_then(|entry| facts.get(entry));
            for version in versions {
                let hidden = now != Some(&version);
                let layer = entry.filter(|_| !hidden).map(casehard_image::Entry::layer);
                found.extend(version.0.iter().map(|(what, line)| FoundSecret {
                    path: path.clone(),
                    layer,
                    what,
                    line: *line,
                    hidden,
                }));
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

impl Inspect for Secrets {
    type Fact = SecretFacts;

    fn wants(&self, head: &Head, start: &[u8]) -> Want {
        // Text, and key stores by name; programs and archives hold too much that only looks like a secret.
        let is_binary = start.iter().take(1024).any(|byte| *byte == 0);
        if head.size < 16 || head.size > LARGEST || is_binary { Want::Nothing } else { Want::Whole(LARGEST) }
    }

    fn inspect(&self, path: &RootPath, _: &Head, bytes: &[u8]) -> Option<SecretFacts> {
        let found = secrets_in(bytes);
        if found.is_empty() {
            return None;
        }
        let facts = SecretFacts(found);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(path.clone()).or_default().push(facts.clone());
        Some(facts)
    }
}

/// What a file of this path holds, when its name says that it is secret.
pub(crate) fn secret_by_name(path: &RootPath) -> Option<&'static str> {
    is_secret_file(&path.to_utf8()?)
}
