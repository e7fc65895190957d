//! Finding the files that rules are about.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use casehard_finding::Subject;

use super::{
    include,
    render::{Package, Rendering, Tool},
};
use crate::Failure;

/// Larger files are no manifests.
const LARGEST: u64 = 4 << 20;

/// A file to check.
#[derive(Debug)]
pub struct Source {
    /// Where it is; `None` for standard input.
    pub path: Option<PathBuf>,
    /// As it is shown.
    pub name: String,
    /// What it is.
    pub subject: Subject,
    /// Its content.
    pub bytes: Vec<u8>,
    /// What it was rendered from: then no file holds these bytes.
    pub rendering: Option<Rendering>,
    /// The file that this one is laid over, when another file says so.
    pub base: Option<PathBuf>,
}

/// What stands below the paths that a person named.
#[derive(Debug, Default)]
pub struct Collected {
    /// The files that rules are about, sorted.
    pub sources: Vec<Source>,
    /// Charts and kustomizations.
    pub packages: Vec<Package>,
}

impl Source {
    /// A file that stands somewhere.
    pub fn file(path: PathBuf, subject: Subject, bytes: Vec<u8>) -> Self {
        let name = path.display().to_string();
        Self { path: Some(path), name, subject, bytes, rendering: None, base: None }
    }
}

/// The files below `paths` that rules are about, with those that Compose files include. A file that is named is checked
/// whatever it is ignored by.
pub fn collect(paths: &[PathBuf], stdin_name: &str) -> Result<Collected, Failure> {
    let mut found = Collected::default();
    let sources = &mut found.sources;
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            let read = std::io::stdin().take(LARGEST).read_to_end(&mut bytes);
            read.map_err(|error| Failure::cannot("failed to read standard input", &error))?;
            let subject = casehard_rules::kind(stdin_name, &bytes).unwrap_or(Subject::Dockerfile);
            let name = "-".to_owned();
            sources.push(Source { path: None, name, subject, bytes, rendering: None, base: None });
        } else if path.is_dir() {
            walk(path, sources, &mut found.packages);
        } else if let Some(tool) = Tool::of(path) {
            found.packages.push(Package::at(path, tool));
        } else {
            let bytes = fs::read(path).map_err(|error| {
                Failure::cannot(format_args!("failed to read {}", path.display()), &error)
            })?;
            let subject =
                casehard_rules::kind(&path.to_string_lossy(), &bytes).or_else(|| by_content(&bytes));
            let Some(subject) = subject else {
                // Hooks hand over every YAML file that changed.
                if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
                    continue;
                }
                return Err(Failure::usage(format!("{} is nothing that can be checked", path.display()))
                    .hint("a Dockerfile, a .dockerignore, a Compose file or a Kubernetes manifest"));
            };
            sources.push(Source::file(path.clone(), subject, bytes));
        }
    }
    include::follow(sources);
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    sources.dedup_by(|a, b| a.path.is_some() && a.path == b.path);
    Ok(found)
}

/// A file of another name that was asked for by name.
fn by_content(bytes: &[u8]) -> Option<Subject> {
    let text = String::from_utf8_lossy(bytes);
    let from = text
        .lines()
        .any(|line| line.len() > 5 && line.is_char_boundary(5) && line[..5].eq_ignore_ascii_case("from "));
    from.then_some(Subject::Dockerfile)
}

fn walk(root: &Path, sources: &mut Vec<Source>, packages: &mut Vec<Package>) {
    let walk = ignore::WalkBuilder::new(root)
        .hidden(false)
        .filter_entry(|entry| {
            !matches!(entry.file_name().to_str(), Some(".git" | "node_modules" | ".terraform"))
        })
        .build();
    for entry in walk.filter_map(Result::ok) {
        if !entry.file_type().is_some_and(|kind| kind.is_file()) || !may_matter(entry.path()) {
            continue;
        }
        let path = entry.path().strip_prefix(".").unwrap_or(entry.path()).to_owned();
        if let Some(tool) = Tool::of(&path) {
            packages.push(Package::at(&path, tool));
            continue;
        }
        if entry.metadata().is_ok_and(|metadata| metadata.len() > LARGEST) {
            continue;
        }
        let Ok(bytes) = fs::read(entry.path()) else { continue };
        if let Some(subject) = casehard_rules::kind(&path.to_string_lossy(), &bytes) {
            sources.push(Source::file(path, subject, bytes));
        }
    }
}

/// Whether it is worth reading the file to find out its kind.
fn may_matter(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    ["dockerfile", "containerfile", "dockerignore", "containerignore", ".yml", ".yaml", "kustomization"]
        .iter()
        .any(|part| name.contains(part))
}
