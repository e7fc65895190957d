//! Packages of two inventories.

use std::collections::{BTreeMap, BTreeSet};

use casehard_inventory::{Inventory, Presence};

use super::PackageDifference;

type Versions = BTreeMap<(String, String), BTreeSet<String>>;

pub(super) fn differences(before: &Inventory, after: &Inventory) -> Vec<PackageDifference> {
    let (before, mut after) = (versions(before), versions(after));
    let mut differences = Vec::new();
    let row = |(kind, name): (String, String), before: BTreeSet<String>, after: BTreeSet<String>| {
        PackageDifference {
            kind,
            name,
            before: before.into_iter().collect(),
            after: after.into_iter().collect(),
        }
    };
    for (key, one) in before {
        let two = after.remove(&key).unwrap_or_default();
        if one != two {
            differences.push(row(key, one, two));
        }
    }
    differences.extend(after.into_iter().map(|(key, two)| row(key, BTreeSet::new(), two)));
    differences.sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
    differences
}

/// The versions by kind and name. A package of which no file is left is not there; one of which files are missing is
/// another than the whole one.
fn versions(inventory: &Inventory) -> Versions {
    let mut versions = Versions::new();
    for package in &inventory.packages {
        let version = match package.presence {
            Presence::Phantom => continue,
            Presence::Partial => format!("{} (in part)", package.version),
            Presence::Whole => package.version.clone(),
        };
        versions.entry((package.ecosystem.to_string(), package.name.clone())).or_default().insert(version);
    }
    versions
}
