//! What changed from one profile to another.

use std::collections::{BTreeMap, BTreeSet};

use casehard_oci::RootPath;

use crate::{Access, Address, Blind, Identity, Profile, Subject};

/// What only one of two sets has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T> {
    /// What only the first has.
    pub gone: BTreeSet<T>,
    /// What only the second has.
    pub new: BTreeSet<T>,
}

impl<T> Change<T> {
    /// Whether the sets are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.new.is_empty()
    }
}

impl<T: Ord + Clone> Change<T> {
    fn between(before: &BTreeSet<T>, after: &BTreeSet<T>) -> Self {
        Self {
            gone: before.difference(after).cloned().collect(),
            new: after.difference(before).cloned().collect(),
        }
    }
}

/// What changed from one profile to another. In which phase and by which program a path was used is not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What was run.
    pub subjects: Change<Subject>,
    /// Paths that only one of them used or looked for.
    pub paths: Change<RootPath>,
    /// Paths that both used, in other ways.
    pub uses: BTreeMap<RootPath, Change<Access>>,
    /// Executables that were started.
    pub programs: Change<RootPath>,
    /// Addresses that were listened on.
    pub bound: Change<Address>,
    /// Addresses that were connected to.
    pub connected: Change<Address>,
    /// System calls.
    pub syscalls: Change<String>,
    /// Whom executables ran as.
    pub users: Change<Identity>,
    /// Capabilities, by name.
    pub capabilities: Change<String>,
    /// What could not be seen.
    pub blind: Change<Blind>,
}

impl Changes {
    /// Whether the application did the same, whatever image and workload it was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
            && self.uses.is_empty()
            && self.programs.is_empty()
            && self.bound.is_empty()
            && self.connected.is_empty()
            && self.syscalls.is_empty()
            && self.users.is_empty()
            && self.capabilities.is_empty()
            && self.blind.is_empty()
    }
}

impl Profile {
    /// What changed from this profile to `other`.
    #[must_use]
    pub fn diff(&self, other: &Self) -> Changes {
        let uses = self.paths.iter().filter_map(|(path, before)| {
            let change = Change::between(&before.access, &other.paths.get(path)?.access);
            (!change.is_empty()).then(|| (path.clone(), change))
        });
        Changes {
            subjects: Change::between(&self.subjects, &other.subjects),
            paths: Change::between(&keys(&self.paths), &keys(&other.paths)),
            uses: uses.collect(),
            programs: Change::between(&keys(&self.programs), &keys(&other.programs)),
            bound: Change::between(&self.bound, &other.bound),
            connected: Change::between(&self.connected, &other.connected),
            syscalls: Change::between(&self.syscalls, &other.syscalls),
            users: Change::between(&keys(&self.users.0), &keys(&other.users.0)),
            capabilities: Change::between(&keys(&self.capabilities), &keys(&other.capabilities)),
            blind: Change::between(&self.blind, &other.blind),
        }
    }
}

fn keys<K: Ord + Clone, V>(map: &BTreeMap<K, V>) -> BTreeSet<K> {
    map.keys().cloned().collect()
}
