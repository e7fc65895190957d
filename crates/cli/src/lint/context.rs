//! The folder that would be sent to the builder.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use casehard_dockerfile::IgnoreFile;
use casehard_rules::BuildContext;

/// More files than this are not listed.
const MOST: usize = 4000;

/// Build contexts by folder, each listed once.
#[derive(Debug, Default)]
pub struct Contexts {
    listed: Mutex<HashMap<PathBuf, Arc<(Vec<String>, bool)>>>,
}

impl Contexts {
    /// The context of a Dockerfile: its folder. The files are listed only when the Dockerfile copies all of them.
    pub fn of(&self, dockerfile: &Path, bytes: &[u8]) -> BuildContext {
        let folder = match dockerfile.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let own = dockerfile.with_file_name(format!(
            "{}.dockerignore",
            dockerfile.file_name().unwrap_or_default().to_string_lossy()
        ));
        let texts = [own, folder.join(".containerignore"), folder.join(".dockerignore")];
        let ignore = texts.iter().find_map(|path| fs::read(path).ok());
        let ignore = ignore.map(|bytes| IgnoreFile::parse(&String::from_utf8_lossy(&bytes)));
        let is_ignore = dockerfile.extension().is_some_and(|extension| extension == "dockerignore")
            || dockerfile
                .file_name()
                .is_some_and(|name| name == ".dockerignore" || name == ".containerignore");
        if !is_ignore && !copies_all(bytes) {
            return BuildContext { ignore, files: Vec::new(), complete: false };
        }
        let known = self.listed.lock().ok().and_then(|listed| listed.get(folder).cloned());
        let list = known.unwrap_or_else(|| {
            let list = Arc::new(list(folder));
            if let Ok(mut listed) = self.listed.lock() {
                listed.insert(folder.to_owned(), Arc::clone(&list));
            }
            list
        });
        BuildContext { ignore, files: list.0.clone(), complete: list.1 }
    }
}

/// Whether a `COPY` or `ADD` takes the whole folder.
fn copies_all(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).lines().any(|line| {
        let mut words = line.split_whitespace();
        let copies = words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("copy") || word.eq_ignore_ascii_case("add"));
        copies && words.any(|word| matches!(word, "." | "./" | "*" | "./*" | "/"))
    })
}

/// The files below a folder, sorted, and whether these are all.
fn list(folder: &Path) -> (Vec<String>, bool) {
    let mut files = Vec::new();
    let walk = ignore::WalkBuilder::new(folder).standard_filters(false).max_depth(Some(24)).build();
    for entry in walk.filter_map(Result::ok) {
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            continue;
        }
        if files.len() == MOST {
            return (files, false);
        }
        if let Ok(path) = entry.path().strip_prefix(folder) {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    files.sort();
    (files, true)
}
