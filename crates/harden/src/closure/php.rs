//! PHP: packages that Composer installed. Its autoloader finds a class by name when it is first used, so that any
//! package may be loaded that the application declares to need.

use std::collections::BTreeSet;

use casehard_image::NodeId;
use casehard_inventory::Ecosystem;

use super::{Closure, Grade};
use crate::{debris, plan::Rule};

pub(super) fn packages(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let lists: BTreeSet<NodeId> = ground
        .inventory
        .packages
        .iter()
        .filter(|package| package.ecosystem == Ecosystem::Composer)
        .filter_map(|package| package.found_in)
        .collect();
    for list in lists {
        let list = ground.tree.entry(list);
        let Some(composer) = list.parent() else { continue };
        let mut loader = composer.children().filter(|entry| entry.name().starts_with(b"autoload_"));
        if !loader.any(|entry| closure.grade(entry.id()) == Some(Grade::Active)) {
            continue;
        }
        let development = development(ground.inventory.facts(list).and_then(|facts| facts.text.as_deref()));
        for package in ground.inventory.packages.iter().filter(|package| package.found_in == Some(list.id()))
        {
            if development.contains(&package.name) {
                continue;
            }
            for node in &package.files {
                let entry = ground.tree.entry(*node);
                if !entry.is_directory() && debris::class(entry).is_none() {
                    closure.need(entry, Grade::Member, list, Rule::ComposerPackage);
                }
            }
        }
        for entry in composer.children().filter(|entry| entry.is_file()).collect::<Vec<_>>() {
            closure.need(entry, Grade::Member, list, Rule::ComposerPackage);
        }
    }
}

/// `dev-package-names` of `installed.json` (Composer 2).
fn development(text: Option<&[u8]>) -> BTreeSet<String> {
    let document: Option<serde_json::Value> = text.and_then(|text| serde_json::from_slice(text).ok());
    let names = document.as_ref().and_then(|document| document.get("dev-package-names")?.as_array());
    names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
