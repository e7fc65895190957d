//! Helm charts and kustomizations: their own tools say what manifests they come to, and what is found there is shown where
//! it is written. Their files are never changed.

mod origin;
mod tool;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use casehard_finding::Subject;
use casehard_rules::{Kustomization, resources};

use super::{Collected, Source, known::small};
use crate::Context;

pub use origin::Rendering;
pub use tool::Tool;
use tool::Unrendered;

/// A chart, or a kustomization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    folder: PathBuf,
    tool: Tool,
}

impl Package {
    /// The one whose main file this is.
    pub fn at(file: &Path, tool: Tool) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self { folder: folder.unwrap_or(Path::new(".")).to_owned(), tool }
    }
}

/// The files to check: as they are, or what charts and kustomizations come to. A file that a rendered kustomization takes
/// is checked as it is used there only; a patch is never a manifest.
pub fn render(collected: Collected, wanted: bool, context: &Context) -> Vec<Source> {
    let Collected { mut sources, mut packages } = collected;
    packages.sort();
    packages.dedup();
    let overlays = read_overlays(&packages);
    let patches: BTreeSet<PathBuf> = overlays.values().flat_map(Overlay::patches).collect();
    sources.retain(|source| !source.path.as_ref().is_some_and(|path| patches.contains(path)));
    if !wanted || packages.is_empty() {
        return sources;
    }
    let mut untold: BTreeMap<&str, usize> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let tops = packages.iter().filter(|package| is_top(package, &packages, &overlays)).collect::<Vec<_>>();
    for package in tops {
        match package.tool.render(&package.folder, || reaches_out(&package.folder, &overlays)) {
            Ok(text) => {
                let origins = match package.tool {
                    Tool::Helm => BTreeMap::new(),
                    Tool::Kustomize => files_of(&package.folder, &overlays, &mut taken),
                };
                let rendering = Rendering::new(&text, &package.folder, package.tool, origins);
                sources.push(Source {
                    path: None,
                    name: package.folder.display().to_string(),
                    subject: Subject::Kubernetes,
                    bytes: text.into_bytes(),
                    rendering: Some(rendering),
                    base: None,
                });
            }
            Err(Unrendered::NoTool) => *untold.entry(package.tool.what()).or_default() += 1,
            Err(Unrendered::Failed(why)) => {
                context.say(format_args!("{} is not checked: {why}", package.folder.display()));
            }
        }
    }
    for (what, count) in untold {
        context.say(format_args!("{count} {what}"));
    }
    sources.retain(|source| !source.path.as_ref().is_some_and(|path| taken.contains(path)));
    sources
}

/// A kustomization, and where it stands.
struct Overlay {
    folder: PathBuf,
    read: Kustomization,
}

impl Overlay {
    fn patches(&self) -> Vec<PathBuf> {
        self.read.patches.iter().map(|path| plain(&self.folder, path)).collect()
    }
}

/// Every kustomization by its folder, as [`plain`] writes it.
fn read_overlays(packages: &[Package]) -> BTreeMap<PathBuf, Overlay> {
    let all = packages.iter().filter(|package| package.tool == Tool::Kustomize);
    all.filter_map(|package| {
        let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
        let bytes = names.iter().find_map(|name| small(&package.folder.join(name)))?;
        let folder = plain(&package.folder, "");
        Some((folder.clone(), Overlay { folder, read: Kustomization::read(&bytes) }))
    })
    .collect()
}

/// Whether no other package takes this one in.
fn is_top(package: &Package, all: &[Package], overlays: &BTreeMap<PathBuf, Overlay>) -> bool {
    let folder = plain(&package.folder, "");
    match package.tool {
        Tool::Helm => !all.iter().any(|other| {
            other.tool == Tool::Helm && folder.starts_with(plain(&other.folder, "charts")) && other != package
        }),
        Tool::Kustomize => {
            let is_part = overlays.get(&folder).is_none_or(|overlay| overlay.read.component);
            let takes = |overlay: &Overlay| {
                overlay.read.resources.iter().any(|named| plain(&overlay.folder, named) == folder)
            };
            !is_part && !overlays.values().any(takes)
        }
    }
}

/// What a kustomization, or one that it takes, wants from elsewhere: that would be fetched.
fn reaches_out(folder: &Path, overlays: &BTreeMap<PathBuf, Overlay>) -> Option<String> {
    let mut waiting = vec![plain(folder, "")];
    let mut seen = BTreeSet::new();
    while let Some(folder) = waiting.pop() {
        let Some(overlay) = overlays.get(&folder).filter(|_| seen.insert(folder.clone())) else { continue };
        for named in &overlay.read.resources {
            let path = plain(&overlay.folder, named);
            if named.contains("://") || named.contains("?ref=") || !path.exists() {
                return Some(named.clone());
            }
            waiting.push(path);
        }
    }
    None
}

/// The manifests that a kustomization and those below it take: name and content. They are added to `taken`.
fn files_of(
    folder: &Path,
    overlays: &BTreeMap<PathBuf, Overlay>,
    taken: &mut BTreeSet<PathBuf>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![plain(folder, "")];
    let mut seen = BTreeSet::new();
    while let Some(folder) = waiting.pop() {
        let Some(overlay) = overlays.get(&folder).filter(|_| seen.insert(folder.clone())) else { continue };
        for named in &overlay.read.resources {
            let path = plain(&overlay.folder, named);
            match small(&path) {
                Some(bytes) => {
                    if !resources(&bytes).is_empty() {
                        found
                            .insert(path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned());
                    }
                    taken.insert(path);
                }
                None => waiting.push(path),
            }
        }
    }
    found
}

/// A path beside a folder as the walk writes it: without `.`, and without what `..` takes back.
pub fn plain(folder: &Path, named: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in folder.join(named).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if path.file_name().is_some_and(|name| name != "..") => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

/// The text of a template, which need not be UTF-8 all through.
fn template(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
