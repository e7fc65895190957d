//! The hardening proofs: what the result must show by itself, whatever the plan says.

mod configuration;
mod enforced;
mod files;
mod leftovers;
mod software;
mod working;

use std::collections::BTreeSet;

use casehard_harden::{Plan, Tools, plan::Reason, runtime::Runtime};
use casehard_image::{Entry, Image, Tree};
use casehard_inventory::Inventory;
use casehard_oci::RootPath;
use casehard_profile::Profile;

use crate::{Check, Status, contents::Contents, job::Read, run::Run};

/// One of the two images.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub image: &'a Image,
    pub tree: &'a Tree,
    pub inventory: &'a Inventory,
    pub tools: &'a Tools,
    pub contents: &'a Contents,
    /// The run of the whole workload on it.
    pub run: &'a Run,
}

impl<'a> Side<'a> {
    pub fn new(image: &'a Image, read: &'a Read, contents: &'a Contents, run: &'a Run) -> Self {
        Self { image, tree: &read.tree, inventory: &read.inventory, tools: &read.tools, contents, run }
    }
}

/// What the proofs are made from.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub original: Side<'a>,
    pub hardened: Side<'a>,
    /// The controls that the hardened image ran under.
    pub runtime: &'a Runtime,
    pub plan: Option<&'a Plan>,
    pub profile: Option<&'a Profile>,
    /// Whether a seccomp profile was among the controls.
    pub filtered: bool,
}

/// Every proof, in the order of a report.
pub(crate) fn check(ground: Ground<'_>) -> Vec<Check> {
    let (original, hardened) = (ground.original, ground.hardened);
    let mut checks = enforced::checks(ground);
    checks.extend([
        configuration::healthcheck(original, hardened),
        files::setuid(original, hardened),
        software::package_manager(ground),
        software::shell(ground),
        configuration::base(original, hardened),
        files::elf(original, hardened),
        files::world_writable(original, hardened),
    ]);
    checks.extend(working::checks(ground));
    checks.push(leftovers::secrets(original, hardened));
    checks.extend(leftovers::residue(ground));
    if let Some(plan) = ground.plan {
        checks.push(files::exact(original, hardened, plan));
        checks.push(files::packages(hardened, plan));
    }
    checks
}

fn make(name: &str, status: Status, evidence: impl Into<String>, before: impl Into<String>) -> Check {
    Check { name: name.to_owned(), status, evidence: evidence.into(), before: before.into() }
}

/// A few of a list, and how many more there are.
fn some<T: std::fmt::Display>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<String> = items.iter().take(4).map(ToString::to_string).collect();
    let more = items.len().saturating_sub(4);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn find(side: Side<'_>, wanted: impl Fn(Entry<'_>) -> bool) -> Vec<RootPath> {
    side.tree.walk().filter(|entry| wanted(*entry)).map(Entry::path).collect()
}

/// What the run used: as the profile says or, without one, the plan; `None` when neither is known.
fn used(ground: Ground<'_>) -> Option<BTreeSet<RootPath>> {
    match (ground.profile, ground.plan) {
        (Some(profile), _) => Some(profile.paths.keys().cloned().collect()),
        (None, Some(plan)) => {
            let used =
                |reasons: &[Reason]| reasons.iter().any(|reason| matches!(reason, Reason::Used { .. }));
            let kept = plan.keep.iter().filter(|(_, reasons)| used(reasons));
            Some(kept.map(|(path, _)| path.clone()).collect())
        }
        (None, None) => None,
    }
}
