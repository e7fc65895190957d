//! From a recipe to the packages it stands for: sources, signed indexes, resolution.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Flavour, Options, Progress, Recipe, Stage,
    apt::{
        self, Cache, Configuration, Fetcher, Index, Release, Repository, SignedBy, SuiteError, Trust, Wanted,
    },
    deb::Clause,
    error::BuildError,
};

/// Packages in an order in which each stands after what it needs (cycles aside), those of the base first.
pub(crate) struct Selection {
    pub(crate) packages: Vec<Picked>,
    pub(crate) sources: Vec<Source>,
}

/// A package of the selection.
#[derive(Debug, Clone)]
pub(crate) struct Picked {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
    pub(crate) wanted: Wanted,
    /// Whether it belongs to the base, whatever the recipe asks for.
    pub(crate) base: bool,
    /// Who needed it first; `None` for what was asked for.
    pub(crate) needed_by: Option<String>,
}

/// A suite that was used.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Source {
    /// Its address.
    pub uri: String,
    /// Its name.
    pub suite: String,
    /// Its components.
    pub components: Vec<String>,
    /// Who made it: `Debian`.
    pub origin: String,
    /// When its release was made, RFC 3339.
    pub date: String,
}

/// What Casehard does itself when it makes a root, so that a minimal root need not hold the packages that do it
/// elsewhere: each is used by maintainer scripts only.
const SERVED: &[&str] = &[
    "adduser",
    "awk",
    "cdebconf",
    "debconf",
    "debconf-2.0",
    "dpkg",
    "init-system-helpers",
    "install-info",
    "libpam-runtime",
    "lsb-base",
    "passwd",
    "runit-helper",
    "sensible-utils",
    "systemd-sysusers",
    "systemd-tmpfiles",
    "sysvinit-utils",
    "ucf",
    "update-inetd",
];

/// What a minimal root always has: `/etc/os-release`, the directories of the file hierarchy and the account masters.
const MINIMAL: &[&str] = &["base-files", "base-passwd", "netbase"];

pub(crate) fn select(
    recipe: &Recipe,
    options: &Options,
    fetcher: &Fetcher,
    architecture: &str,
    progress: &dyn Progress,
) -> Result<Selection, BuildError> {
    progress.stage(Stage::Indexes);
    let repositories = repositories(recipe, options, architecture)?;
    let mut index = Index::default();
    let mut sources = Vec::new();
    for (number, release) in releases(recipe, options, &repositories, fetcher)? {
        let repository = &repositories[number];
        apt::packages(repository, &release, number, architecture, fetcher, &mut index)?;
        sources.push(Source {
            uri: repository.uri.clone(),
            suite: repository.suite.clone(),
            components: repository.components.clone(),
            origin: release.origin,
            date: crate::clock::rfc3339(release.date),
        });
    }
    progress.stage(Stage::Resolve);
    let pins = options.lock.as_ref().map(super::lock::Lock::versions).unwrap_or_default();
    if let Some((name, version)) = index.settle(&pins).into_iter().next() {
        return Err(BuildError::Pinned { name, version });
    }
    let packages = resolve(recipe, &index, &repositories)?;
    if let Some(lock) = &options.lock {
        lock.check(&packages)?;
    }
    Ok(Selection { packages, sources })
}

/// The releases of the suites that there are, verified, each with the place of its repository.
pub(crate) fn releases(
    recipe: &Recipe,
    options: &Options,
    repositories: &[Repository],
    fetcher: &Fetcher,
) -> Result<Vec<(usize, Release)>, BuildError> {
    let configuration = configuration(&options.apt)?;
    let trusted = trusted(&options.apt, &options.keyrings);
    let check_valid_until = recipe.mirror.is_some() || !configuration.denies("acquire::check-valid-until");
    let trust = Trust { now: options.now, check_valid_until, trusted: &trusted };
    let mut releases = Vec::new();
    for (number, repository) in repositories.iter().enumerate() {
        match apt::release(repository, fetcher, &trust) {
            Ok(release) => releases.push((number, release)),
            Err(SuiteError::Fetch(error)) if repository.optional && error.is_absent() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(releases)
}

fn resolve(recipe: &Recipe, index: &Index, repositories: &[Repository]) -> Result<Vec<Picked>, BuildError> {
    let mut served: BTreeSet<&str> = recipe.without.iter().map(String::as_str).collect();
    let base: Vec<String> = match recipe.flavour {
        Flavour::Full => {
            let belongs = |at: &usize| {
                let candidate = index.get(*at);
                candidate.essential || candidate.priority == "required" || candidate.name == "apt"
            };
            let names = index.all().filter(belongs).map(|at| index.get(at).name.to_string());
            names.filter(|name| !served.contains(name.as_str())).collect()
        }
        Flavour::Minimal => {
            let names = MINIMAL.iter().filter(|name| !served.contains(**name)).map(|name| (*name).to_owned());
            let names = names.collect();
            served.extend(SERVED);
            names
        }
    };
    let asked: BTreeSet<&str> = recipe.packages.iter().map(String::as_str).collect();
    served.retain(|name| !asked.contains(name));
    let mut resolver = crate::resolve::Resolver::new(index, &served);
    resolver.require(&base, false)?;
    let base_count = resolver.packages().len();
    resolver.require(&recipe.packages, recipe.recommends)?;
    let trail = resolver.packages();
    let base: BTreeSet<usize> = trail[..base_count].iter().map(|(at, _)| *at).collect();
    let needed_by: BTreeMap<usize, Option<usize>> = trail.iter().copied().collect();
    let order = order(
        trail,
        |at| index.get(at).depends(),
        |clause| clause.iter().filter_map(|relation| resolver.holder(relation)).collect(),
    );
    // A stable partition: the base comes first and keeps its order.
    let (mut first, second): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|at| base.contains(at));
    first.extend(second);
    let picked = |at: usize| {
        let candidate = index.get(at);
        let repository = &repositories[candidate.repository];
        let folder = if repository.suite.ends_with('/') && repository.suite != "/" {
            format!("{}/{}", repository.uri, repository.suite.trim_end_matches('/'))
        } else {
            repository.uri.clone()
        };
        Picked {
            name: candidate.name.to_string(),
            version: candidate.version.to_string(),
            architecture: candidate.architecture.to_string(),
            wanted: Wanted {
                uri: format!("{folder}/{}", candidate.filename.trim_start_matches("./")),
                digest: candidate.digest,
                size: candidate.size,
            },
            base: base.contains(&at),
            needed_by: needed_by.get(&at).copied().flatten().map(|by| index.get(by).name.to_string()),
        }
    };
    Ok(first.into_iter().map(picked).collect())
}

/// Packages after what they need. What makes the accounts and the file hierarchy comes before all else, as the
/// package tools arrange it too: scripts of everybody count on it.
fn order(
    trail: &[(usize, Option<usize>)],
    depends: impl Fn(usize) -> Vec<Clause>,
    holders: impl Fn(&Clause) -> Vec<usize>,
) -> Vec<usize> {
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    // (package, what it needs that is still to be visited)
    let mut stack: Vec<(usize, Vec<usize>)> = Vec::new();
    let needs = |at: usize| {
        let mut needs: Vec<usize> = depends(at).iter().flat_map(&holders).collect();
        needs.reverse();
        needs
    };
    for (at, _) in trail {
        if done.insert(*at) {
            stack.push((*at, needs(*at)));
        }
        while let Some((at, rest)) = stack.last_mut() {
            match rest.pop() {
                Some(next) if done.insert(next) => stack.push((next, needs(next))),
                Some(_) => {}
                None => {
                    order.push(*at);
                    stack.pop();
                }
            }
        }
    }
    order
}

pub(crate) fn repositories(
    recipe: &Recipe,
    options: &Options,
    architecture: &str,
) -> Result<Vec<Repository>, BuildError> {
    let mirror = options.mirror.as_ref().or(recipe.mirror.as_ref());
    if let Some(mirror) = mirror {
        let signed_by = match &recipe.keyring {
            Some(path) => SignedBy::Files(vec![options.folder.join(path)]),
            None => SignedBy::Trusted,
        };
        return Ok(apt::from_mirror(mirror, &recipe.suite, &recipe.components, &signed_by));
    }
    let all = apt::read_sources(&options.apt, architecture)?;
    let belongs = |repository: &Repository| {
        let suite = &repository.suite;
        let rest = suite.strip_prefix(&*recipe.suite);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '/'])) || suite.ends_with('/')
    };
    let (ours, others): (Vec<_>, Vec<_>) = all.into_iter().partition(belongs);
    if ours.is_empty() {
        let suites: BTreeSet<String> = others.into_iter().map(|repository| repository.suite).collect();
        return Err(BuildError::NoSource {
            suite: recipe.suite.clone(),
            folder: options.apt.clone(),
            suites: suites.into_iter().collect(),
        });
    }
    Ok(ours)
}

fn configuration(apt: &Path) -> Result<Configuration, BuildError> {
    let mut configuration = Configuration::default();
    let mut files = parts(&apt.join("apt.conf.d"), &[])?;
    files.push(apt.join("apt.conf"));
    for path in files {
        match fs::read_to_string(&path) {
            Ok(text) => configuration.add(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(BuildError::Read { path, source }),
        }
    }
    Ok(configuration)
}

/// The keyrings a machine trusts for sources that name none.
fn trusted(apt: &Path, further: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = parts(&apt.join("trusted.gpg.d"), &["gpg", "asc"]).unwrap_or_default();
    let single = apt.join("trusted.gpg");
    if single.exists() {
        files.push(single);
    }
    files.extend(further.iter().filter(|path| path.exists()).cloned());
    files
}

/// The files of a configuration folder by name; only those with one of the extensions, when any are given.
fn parts(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, BuildError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(BuildError::Read { path: folder.to_owned(), source }),
    };
    let fits = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        path.is_file() && (extensions.is_empty() || extension.is_some_and(|own| extensions.contains(&own)))
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(fits).collect();
    files.sort();
    Ok(files)
}

/// A fetcher with the proxy that the machine's package tools use, or the one given.
pub(crate) fn fetcher(options: &Options) -> Result<Fetcher, BuildError> {
    let configuration = configuration(&options.apt)?;
    let proxy = configuration.get("acquire::http::proxy").filter(|proxy| *proxy != "DIRECT");
    let proxy = proxy.or(options.proxy.as_deref());
    let cache = Cache::new(options.cache.join("packages"));
    Ok(Fetcher::new(cache, proxy, &options.no_proxy).map_err(SuiteError::Fetch)?)
}
