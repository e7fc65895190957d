//! The folder that would be sent to the builder.

use std::{
    collections::HashMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use casehard_dockerfile::IgnoreFile;
use casehard_rules::{BuildContext, ContextProgram, ContextSecret, SecretLine, copy_sources, secrets_in};

/// More files than this are not listed.
const MOST: usize = 4000;

/// Larger files are not searched for secrets.
const LARGEST: u64 = 1 << 20;
/// Larger programs are not read.
const LARGEST_PROGRAM: u64 = 128 << 20;
/// Nor more bytes than this of one context.
const MOST_BYTES: u64 = 256 << 20;

/// The files of a folder, and whether these are all.
type List = Arc<(Vec<String>, bool)>;

/// What stands out in one file.
#[derive(Debug, Clone, Default)]
struct Content {
    secrets: Vec<SecretLine>,
    program: Option<ContextProgram>,
}

/// Build contexts by folder, each listed once, and each of their files searched once.
#[derive(Debug, Default)]
pub struct Contexts {
    listed: Mutex<HashMap<PathBuf, List>>,
    searched: Mutex<HashMap<PathBuf, Content>>,
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
        let (secrets, programs) = self.search(folder, taken);
        if !is_ignore && !copies_all(bytes) {
            return BuildContext { ignore, secrets, programs, ..BuildContext::default() };
        }
        BuildContext { ignore, files: list.0.clone(), complete: list.1, secrets, programs }
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

    /// What looks like a secret in files of a folder, and the programs among them.
    fn search<'a>(
        &self,
        folder: &Path,
        files: impl Iterator<Item = &'a String>,
    ) -> (Vec<ContextSecret>, Vec<ContextProgram>) {
        let mut left = MOST_BYTES;
        let (mut secrets, mut programs) = (Vec::new(), Vec::new());
        for file in files {
            let path = folder.join(file);
            let known = self.searched.lock().ok().and_then(|searched| searched.get(&path).cloned());
            let content = known.unwrap_or_else(|| {
                let content = Content::read(&path, file, &mut left);
                if let Ok(mut searched) = self.searched.lock() {
                    searched.insert(path, content.clone());
                }
                content
            });
            let of_file = |secret| ContextSecret { file: file.clone(), secret };
            secrets.extend(content.secrets.into_iter().map(of_file));
            programs.extend(content.program.map(|program| ContextProgram { file: file.clone(), ..program }));
        }
        (secrets, programs)
    }
}

impl Content {
    /// Reads a file that is a text or a program and not too large, as long as any bytes are `left`.
    fn read(path: &Path, file: &str, left: &mut u64) -> Self {
        let kept = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
        let Some(size) = kept.map(|kept| kept.len()).filter(|size| (16..=*left).contains(size)) else {
            return Self::default();
        };
        let is_program = size <= LARGEST_PROGRAM && starts_as_program(path);
        if !is_program && size > LARGEST {
            return Self::default();
        }
        *left -= size;
        let Ok(bytes) = fs::read(path) else { return Self::default() };
        if is_program {
            return Self { program: ContextProgram::read(file, &bytes), ..Self::default() };
        }
        let is_text = !bytes.iter().take(1024).any(|byte| *byte == 0);
        Self { secrets: if is_text { secrets_in(file, &bytes) } else { Vec::new() }, program: None }
    }
}

/// Whether a file begins as ELF files do.
fn starts_as_program(path: &Path) -> bool {
    let mut start = [0; 4];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"\x7fELF"
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
