//! What a person decided about hardening.

use std::collections::BTreeMap;

use casehard_image::Entry;
use casehard_inventory::{Inventory, PackageId};
use casehard_oci::RootPath;
use casehard_profile::workload::Selection;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{Concessions, Level};

/// What a person decided about hardening.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// How far it goes.
    pub level: Level,
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
    pub(crate) fn drops(&self, entry: Entry<'_>) -> bool {
        !self.drop.is_empty() && self.drop.path(entry).is_some()
    }

    /// The line that asks for an entry to stay.
    pub(crate) fn keeps(&self, entry: Entry<'_>) -> Option<String> {
        self.keep.path(entry)
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

/// Names for sets of paths that people think of as one.
const CLASSES: &[(&str, &[&str])] = &[
    ("time-zones", &["/usr/share/zoneinfo/**", "/etc/localtime", "/etc/timezone"]),
    ("locales", &["/usr/lib/locale/**", "/usr/share/locale/**", "/usr/share/i18n/**", "/etc/locale*"]),
    ("shell", &["/usr/bin/{sh,dash,bash}", "/bin/{sh,dash,bash}", "/etc/shells", "/bin/busybox"]),
    ("certificates", &["/etc/ssl/**", "/usr/share/ca-certificates/**", "/usr/lib/ssl/**", "/etc/pki/**"]),
    ("character-sets", &["/usr/lib/**/gconv/**"]),
    ("terminals", &["/usr/share/terminfo/**", "/etc/terminfo/**", "/{usr/,}lib/terminfo/**"]),
    ("documentation", &["/usr/share/doc/**", "/usr/share/man/**", "/usr/share/info/**"]),
    ("fonts", &["/usr/share/fonts/**", "/etc/fonts/**", "/var/cache/fontconfig/**"]),
];

impl Picks {
    /// The picks that a workload's `keep:` or `drop:` makes.
    ///
    /// # Errors
    /// When a glob is broken or a class unknown.
    pub fn new(selection: &Selection) -> Result<Self, PolicyError> {
        let mut paths = selection.paths.clone();
        for class in &selection.classes {
            let Some((_, globs)) = CLASSES.iter().find(|(name, _)| name == class) else {
                let known = CLASSES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                return Err(PolicyError::Class { class: class.clone(), known });
            };
            paths.extend(globs.iter().map(|glob| (*glob).to_owned()));
        }
        let mut set = GlobSetBuilder::new();
        for path in &paths {
            let glob = GlobBuilder::new(path).literal_separator(true).backslash_escape(true).build();
            set.add(glob.map_err(|source| PolicyError::Glob { glob: path.clone(), source })?);
        }
        let set = set.build().map_err(|source| PolicyError::Glob { glob: paths.join(" "), source })?;
        Ok(Self { paths, set, packages: selection.packages.clone() })
    }

    /// Whether nothing is picked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.packages.is_empty()
    }

    /// The pattern that picks an entry.
    pub(crate) fn path(&self, entry: Entry<'_>) -> Option<String> {
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
