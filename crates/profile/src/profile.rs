//! What an application uses, as all recorders together saw it.

use std::collections::{BTreeMap, BTreeSet};

use casehard_oci::{Digest, Platform, RootPath};
use serde::{Deserialize, Serialize};

use crate::{Access, Address, Blind, Identity, Observation, Phase, json::Document};

/// What an application uses. Merging is commutative, associative and idempotent.
///
/// Serialised, it has the form of [`Profile::to_json`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "Document", try_from = "Document")]
pub struct Profile {
    /// What was run to learn it.
    pub subjects: BTreeSet<Subject>,
    /// Each path that was used, or looked for.
    pub paths: BTreeMap<RootPath, PathUse>,
    /// Each executable that was started, with the argument lists seen (at most 16 of them), escaped.
    pub programs: BTreeMap<RootPath, BTreeSet<Vec<String>>>,
    /// Addresses that were listened on.
    pub bound: BTreeSet<Address>,
    /// Addresses that were connected to.
    pub connected: BTreeSet<Address>,
    /// System calls that were made, by name.
    pub syscalls: BTreeSet<String>,
    /// Whom executables ran as.
    pub users: Users,
    /// Capabilities that were needed, and for which operations.
    pub capabilities: BTreeMap<String, BTreeSet<String>>,
    /// What no recorder could see.
    pub blind: BTreeSet<Blind>,
}

/// Whom processes ran as, and which executables did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Users(pub BTreeMap<Identity, BTreeSet<RootPath>>);

/// What a profile was learnt from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The manifest of the image that ran.
    pub manifest: Digest,
    /// Its configuration, which names its content whatever the compression.
    pub config: Digest,
    /// The platform it ran on, as text.
    pub platform: String,
    /// The workload description, as it was read.
    pub workload: Digest,
}

impl Subject {
    /// A subject on `platform`.
    #[must_use]
    pub fn new(manifest: Digest, config: Digest, platform: &Platform, workload: Digest) -> Self {
        Self { manifest, config, platform: platform.to_string(), workload }
    }
}

/// How one path was used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathUse {
    /// In which ways.
    pub access: BTreeSet<Access>,
    /// By which executables.
    pub programs: BTreeSet<RootPath>,
    /// In which parts of the run.
    pub phases: BTreeSet<Phase>,
}

impl PathUse {
    /// Whether the path must be in an image for the run to go as it went.
    #[must_use]
    pub fn needs_presence(&self) -> bool {
        self.access.iter().any(|access| access.needs_presence()) && !self.access.contains(&Access::Created)
    }
}

/// Argument lists that are kept for a program.
pub(crate) const ARGUMENT_LISTS: usize = 16;

/// A profile was learnt from other images than the one it is to be used for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the profile was learnt from {}, and not from an image with the configuration {wanted}", learnt(.subjects))]
pub struct Misfit {
    /// The configuration of the image it is to be used for.
    pub wanted: Digest,
    /// What it was learnt from; nothing when it does not say.
    pub subjects: BTreeSet<Subject>,
}

fn learnt(subjects: &BTreeSet<Subject>) -> String {
    let names: Vec<_> = subjects.iter().map(|subject| subject.config.to_string()).collect();
    if names.is_empty() { "an image that it does not name".to_owned() } else { names.join(", ") }
}

impl Profile {
    /// That some of it was learnt from the image with this configuration, whose digest names the content of the image
    /// however it is compressed.
    ///
    /// # Errors
    /// When it was not: paths that it lists may mean other things there.
    pub fn fits(&self, config: &Digest) -> Result<(), Misfit> {
        if self.subjects.iter().any(|subject| subject.config == *config) {
            return Ok(());
        }
        Err(Misfit { wanted: *config, subjects: self.subjects.clone() })
    }

    /// Whether a path was used, and not only made by the run itself.
    #[must_use]
    pub fn uses(&self, path: &RootPath) -> bool {
        self.paths.get(path).is_some_and(PathUse::needs_presence)
    }

    /// Takes one more observation.
    pub fn observe(&mut self, observation: Observation) {
        match observation {
            Observation::Path { path, access, program, phase } => {
                let used = self.paths.entry(path).or_default();
                used.access.insert(access);
                used.programs.extend(program);
                used.phases.insert(phase);
            }
            Observation::Program { path, argv, .. } => {
                add_arguments(self.programs.entry(path).or_default(), argv);
            }
            Observation::Bound { address, .. } => drop(self.bound.insert(address)),
            Observation::Connected { address, .. } => drop(self.connected.insert(address)),
            Observation::Syscall { name } => drop(self.syscalls.insert(name)),
            Observation::Ran { identity, program } => {
                self.users.0.entry(identity).or_default().extend(program);
            }
            Observation::Capability { name, operation } => {
                self.capabilities.entry(name).or_default().insert(operation);
            }
            Observation::Blind(blind) => drop(self.blind.insert(blind)),
        }
    }

    /// Takes everything that `other` saw.
    pub fn merge(&mut self, other: Self) {
        self.subjects.extend(other.subjects);
        for (path, used) in other.paths {
            let mine = self.paths.entry(path).or_default();
            mine.access.extend(used.access);
            mine.programs.extend(used.programs);
            mine.phases.extend(used.phases);
        }
        for (path, lists) in other.programs {
            let mine = self.programs.entry(path).or_default();
            lists.into_iter().for_each(|list| add_arguments(mine, list));
        }
        self.bound.extend(other.bound);
        self.connected.extend(other.connected);
        self.syscalls.extend(other.syscalls);
        for (identity, programs) in other.users.0 {
            self.users.0.entry(identity).or_default().extend(programs);
        }
        for (name, operations) in other.capabilities {
            self.capabilities.entry(name).or_default().extend(operations);
        }
        self.blind.extend(other.blind);
    }
}

/// Keeps the smallest lists, so that the result does not depend on the order they came in.
fn add_arguments(lists: &mut BTreeSet<Vec<String>>, list: Vec<String>) {
    lists.insert(list);
    if lists.len() > ARGUMENT_LISTS {
        lists.pop_last();
    }
}
