//! Locks: the exact packages of a build, to build the same again.

use std::collections::BTreeMap;

use crate::{error::BuildError, select::Picked};

/// The exact packages of a build. As JSON it is one object by package name.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Lock {
    /// Debian architecture.
    pub architecture: String,
    /// By name.
    pub packages: BTreeMap<String, LockedPackage>,
}

/// A package of a lock.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LockedPackage {
    /// Its version.
    pub version: String,
    /// The digest of its file.
    pub digest: casehard_oci::Digest,
}

impl Lock {
    pub(crate) fn of(architecture: &str, packages: &[Picked]) -> Self {
        let entry = |package: &Picked| {
            let locked = LockedPackage { version: package.version.clone(), digest: package.wanted.digest };
            (package.name.clone(), locked)
        };
        Self { architecture: architecture.to_owned(), packages: packages.iter().map(entry).collect() }
    }

    pub(crate) fn versions(&self) -> BTreeMap<String, String> {
        self.packages.iter().map(|(name, locked)| (name.clone(), locked.version.clone())).collect()
    }

    /// Whether a selection is what the lock says: the same names, versions and bytes.
    pub(crate) fn check(&self, packages: &[Picked]) -> Result<(), BuildError> {
        let show = |version: &str, digest| format!("{version} ({digest})");
        for package in packages {
            let locked = self.packages.get(&package.name);
            if locked.is_none_or(|locked| {
                locked.version != package.version || locked.digest != package.wanted.digest
            }) {
                return Err(BuildError::Locked {
                    name: package.name.clone(),
                    locked: locked
                        .map_or("nothing of it".into(), |locked| show(&locked.version, locked.digest)),
                    found: show(&package.version, package.wanted.digest),
                });
            }
        }
        let extra =
            self.packages.iter().find(|(name, _)| !packages.iter().any(|package| package.name == **name));
        match extra {
            Some((name, locked)) => Err(BuildError::Locked {
                name: name.clone(),
                locked: show(&locked.version, locked.digest),
                found: "not needed".to_owned(),
            }),
            None => Ok(()),
        }
    }
}
