//! What is known of the folder that is sent to the builder.

use casehard_dockerfile::IgnoreFile;

/// What is known of the folder that is sent to the builder.
#[derive(Debug, Clone, Default)]
pub struct BuildContext {
    /// Its `.dockerignore` (or the Dockerfile's own), when there is one.
    pub ignore: Option<IgnoreFile>,
    /// The paths of its files, relative with `/`, sorted; not more than the caller wants to list.
    pub files: Vec<String>,
    /// Whether `files` are all.
    pub complete: bool,
}

impl BuildContext {
    /// The files that are really sent.
    pub fn sent(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().map(String::as_str);
        files.filter(|file| !self.ignore.as_ref().is_some_and(|ignore| ignore.ignores(file)))
    }
}
