//! The folder that would be sent to the builder.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use casehard_dockerfile::IgnoreFile;
use casehard_rules::{BuildContext, ContextSecret, copy_sources, secrets_in};

/// More files than this are not listed.
const MOST: usize = 4000;

/// Larger files are not searched for secrets.
const LARGEST: u64 = 1 << 20;
/// Nor more bytes than this of one context.
const MOST_BYTES: u64 = 64 << 20;

/// The files of a folder, and whether these are all.
type List = Arc<(Vec<String>, bool)>;

/// Build contexts by folder, each listed once, and each of their files searched once.
#[derive(Debug, Default)]
pub struct Contexts {
    listed: Mutex<HashMap<PathBuf, List>>,
    searched: Mutex<HashMap<PathBuf, Vec<(&'static str, u32)>>>,
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
        let sources = if is_ignore { Vec::new() } else { copy_sources(bytes) };
        if !is_ignore && sources.is_empty() {
            return BuildContext { ignore, ..BuildContext::default() };
        }
        let list = self.listed(folder);
        let sent = |file: &str| !ignore.as_ref().is_some_and(|ignore| ignore.ignores(file));
        let own = dockerfile.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let taken = list.0.iter().filter(|file| **file != own && !is_beside(file));
        let taken = taken.filter(|file| sent(file) && sources.iter().any(|source| source.takes(file)));
        let secrets = self.search(folder, taken);
        if !is_ignore && !copies_all(bytes) {
            return BuildContext { ignore, secrets, ..BuildContext::default() };
        }
        BuildContext { ignore, files: list.0.clone(), complete: list.1, secrets }
    }

    /// The files below a folder.
    fn listed(&self, folder: &Path) -> List {
        if let Some(known) = self.listed.lock().ok().and_then(|listed| listed.get(folder).cloned()) {
            return known;
        }
        let list = Arc::new(list(folder));
        if let Ok(mut listed) = self.listed.lock() {
            listed.insert(folder.to_owned(), Arc::clone(&list));
        }
        list
    }

    /// What looks like a secret in files of a folder.
    fn search<'a>(&self, folder: &Path, files: impl Iterator<Item = &'a String>) -> Vec<ContextSecret> {
        let mut left = MOST_BYTES;
        let mut found = Vec::new();
        for file in files {
            let path = folder.join(file);
            let known = self.searched.lock().ok().and_then(|searched| searched.get(&path).cloned());
            let secrets = known.unwrap_or_else(|| {
                let secrets = text(&path, &mut left).map(|bytes| secrets_in(&bytes)).unwrap_or_default();
                if let Ok(mut searched) = self.searched.lock() {
                    searched.insert(path, secrets.clone());
                }
                secrets
            });
            found.extend(secrets.into_iter().map(|(what, line)| ContextSecret {
                file: file.clone(),
                what,
                line,
            }));
        }
        found
    }
}

/// The bytes of a text that is not too large, as long as any are `left`.
fn text(path: &Path, left: &mut u64) -> Option<Vec<u8>> {
    let size = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?.len();
    if !(16..=LARGEST).contains(&size) || size > *left {
        return None;
    }
    *left -= size;
    let bytes = fs::read(path).ok()?;
    (!bytes.iter().take(1024).any(|byte| *byte == 0)).then_some(bytes)
}

/// Whether a file is the history of the source, somebody else's, or made for tests and examples: what looks like a secret
/// there hardly ever is one.
fn is_beside(file: &str) -> bool {
    let folders = file.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| {
        matches!(
            folder,
            ".git"
                | "node_modules"
                | "vendor"
                | "test"
                | "tests"
                | "testdata"
                | "fixtures"
                | "__tests__"
                | "spec"
                | "example"
                | "examples"
                | "docs"
        )
    })
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
