//! What a person decided about hardening.

use std::collections::{BTreeMap, BTreeSet};

use casehard_image::{Entry, Tree};
use casehard_inventory::{Inventory, PackageId};
use casehard_oci::RootPath;
use casehard_profile::workload::Selection;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{Breadth, Concessions, Level, Tools};

/// What a person decided about hardening.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// How far it goes.
    pub level: Level,
    /// What the seccomp profile allows.
    pub seccomp: Breadth,
    /// What stays whatever was seen.
    pub keep: Picks,
    /// What goes whatever was seen.
    pub drop: Picks,
    /// Numeric user and group to run as; chosen from what was seen when absent.
    pub user: Option<(u32, u32)>,
    /// What the application had to be given back to work.
    pub concessions: Concessions,
    /// Paths that a step failed without, and the step.
    pub repairs: BTreeMap<RootPath, String>,
}

impl Policy {
    /// Whether an entry is to go whatever was seen.
    pub(crate) fn drops(&self, entry: Entry<'_>, tree: &Tree, tools: &Tools) -> bool {
        !self.drop.is_empty() && self.drop.entry(entry, tree, tools).is_some()
    }

    /// The line that asks for an entry to stay.
    pub(crate) fn keeps(&self, entry: Entry<'_>, tree: &Tree, tools: &Tools) -> Option<String> {
        self.keep.entry(entry, tree, tools)
    }

    /// The packages that are asked to stay, with the lines that do.
    pub(crate) fn keeps_packages(&self, inventory: &Inventory) -> Vec<(PackageId, String)> {
        self.keep.packages_of(inventory)
    }
}

/// Paths, packages and classes picked by hand.
#[derive(Debug, Clone, Default)]
pub struct Picks {
    paths: Vec<String>,
    set: GlobSet,
    packages: Vec<String>,
    /// Kinds of [`Tools`].
    tools: BTreeSet<&'static str>,
}

/// Why a selection cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A glob is broken.
    #[error("{glob:?} is no path pattern: {source}")]
    Glob {
        /// The pattern.
        glob: String,
        /// What is wrong with it.
        source: globset::Error,
    },
    /// A class is unknown.
    #[error("{class:?} is no class (known: {known})")]
    Class {
        /// The class.
        class: String,
        /// All classes.
        known: String,
    },
}

/// Names for sets of paths that people think of as one. Those that are called as a kind of [`Tools`] have all of these, too.
const CLASSES: &[(&str, &[&str])] = &[
    ("certificates", &["/etc/ssl/**", "/usr/share/ca-certificates/**", "/usr/lib/ssl/**", "/etc/pki/**"]),
    ("character-sets", &["/usr/lib/**/gconv/**"]),
    ("documentation", &["/usr/share/doc/**", "/usr/share/man/**", "/usr/share/info/**"]),
    (
        "fonts",
        &["/usr/share/fonts/**", "/usr/local/share/fonts/**", "/etc/fonts/**", "/var/cache/fontconfig/**"],
    ),
    ("locales", &["/usr/lib/locale/**", "/usr/share/locale/**", "/usr/share/i18n/**", "/etc/locale*"]),
    (
        "mime-types",
        &["/etc/mime.types", "/usr/share/mime/**", "/usr/share/misc/magic*", "/usr/lib/file/magic*"],
    ),
    ("package-manager", &["/etc/apt/**", "/usr/lib/{apt,dpkg}/**", "/var/lib/{apt,dpkg}/**"]),
    ("shell", &["/etc/shells", "/etc/profile"]),
    ("terminals", &["/usr/share/terminfo/**", "/etc/terminfo/**", "/{usr/,}lib/terminfo/**"]),
    ("time-zones", &["/usr/share/zoneinfo/**", "/etc/localtime", "/etc/timezone"]),
];

/// The names of all classes, for `keep:` and `drop:`.
pub fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|(name, _)| *name)
}

/// The classes that an image has anything of.
pub(crate) fn present_classes(tree: &Tree, tools: &Tools) -> Vec<&'static str> {
    let picks = |class: &&'static str| {
        let picks = Picks::default().with_class(class);
        tree.walk().any(|entry| !entry.is_directory() && picks.entry(entry, tree, tools).is_some())
    };
    classes().filter(picks).collect()
}

impl Picks {
    /// The picks that a workload's `keep:` or `drop:` makes.
    ///
    /// # Errors
    /// When a glob is broken or a class unknown.
    pub fn new(selection: &Selection) -> Result<Self, PolicyError> {
        let (mut paths, mut tools) = (selection.paths.clone(), BTreeSet::new());
        for class in &selection.classes {
            let Some((name, globs)) = CLASSES.iter().find(|(name, _)| name == class) else {
                let known = classes().collect::<Vec<_>>().join(", ");
                return Err(PolicyError::Class { class: class.clone(), known });
            };
            paths.extend(globs.iter().map(|glob| (*glob).to_owned()));
            tools.extend(Tools::KINDS.iter().find(|kind| *kind == name));
        }
        let mut set = GlobSetBuilder::new();
        for path in &paths {
            let glob = GlobBuilder::new(path)
                .literal_separator(true)
                .backslash_escape(true)
                .empty_alternates(true)
                .build();
            set.add(glob.map_err(|source| PolicyError::Glob { glob: path.clone(), source })?);
        }
        let set = set.build().map_err(|source| PolicyError::Glob { glob: paths.join(" "), source })?;
        Ok(Self { paths, set, packages: selection.packages.clone(), tools })
    }

    /// These picks and a class, whose name is one of [`classes`].
    pub(crate) fn with_class(&self, class: &'static str) -> Self {
        let mut selection =
            Selection { paths: self.paths.clone(), packages: self.packages.clone(), classes: Vec::new() };
        selection.classes.push(class.to_owned());
        let mut picks = Self::new(&selection).unwrap_or_else(|_| self.clone());
        picks.tools.extend(&self.tools);
        picks
    }

    /// The packages picked by name that an image does not have.
    pub(crate) fn absent<'a>(&'a self, inventory: &'a Inventory) -> impl Iterator<Item = &'a str> {
        let is_here = |name: &str| inventory.packages.iter().any(|package| package.name == name);
        self.packages.iter().map(String::as_str).filter(move |name| !is_here(name))
    }

    /// Whether nothing is picked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.packages.is_empty() && self.tools.is_empty()
    }

    /// The pattern that picks an entry, or the kind of tool that it is, or leads to as a link.
    pub(crate) fn entry(&self, entry: Entry<'_>, tree: &Tree, tools: &Tools) -> Option<String> {
        let kind = || {
            let end = if entry.is_symlink() { tree.resolve(&entry.path()).entry? } else { entry };
            tools.kind(end.id()).filter(|kind| self.tools.contains(kind)).map(str::to_owned)
        };
        self.path(entry).or_else(|| if self.tools.is_empty() { None } else { kind() })
    }

    /// The pattern that picks an entry.
    fn path(&self, entry: Entry<'_>) -> Option<String> {
        if self.paths.is_empty() {
            return None;
        }
        let path = entry.path();
        let shown = path.to_utf8().unwrap_or_else(|| path.to_string());
        self.set.matches(&shown).first().map(|index| self.paths[*index].clone())
    }

    /// The packages picked by name.
    fn packages_of(&self, inventory: &Inventory) -> Vec<(PackageId, String)> {
        let mut found = Vec::new();
        for (index, package) in inventory.packages.iter().enumerate() {
            if self.packages.contains(&package.name) {
                found.push((PackageId(u32::try_from(index).unwrap_or(u32::MAX)), package.name.clone()));
            }
        }
        found
    }

    /// Whether a package is picked by name.
    pub(crate) fn package(&self, name: &str) -> bool {
        self.packages.iter().any(|picked| picked == name)
    }
}
