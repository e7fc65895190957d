//! Ruby: features below the directories of `$LOAD_PATH`, gems, and what their specifications declare.

use std::collections::BTreeSet;

use casehard_image::{Entry, NodeId};
use casehard_inventory::{Ecosystem, Source};
use casehard_oci::RootPath;
use casehard_profile::PathUse;

use super::{Closure, Grade, Ground, source};
use crate::plan::Rule;

/// Directories that Ruby and RubyGems search by their documented layout (`RbConfig`, `Gem::BasicSpecification`):
/// `ruby/X.Y.Z`, `ruby/vendor_ruby`, `ruby/site_ruby` and the directories of versions and machines below them, `lib`
/// of each gem, and where its compiled extensions stand.
pub(super) fn roots(ground: Ground<'_>) -> BTreeSet<NodeId> {
    ground.tree.walk().filter(|entry| entry.is_directory() && is_root(*entry)).map(Entry::id).collect()
}

fn is_root(entry: Entry<'_>) -> bool {
    let above = |steps: usize| std::iter::successors(Some(entry), |entry| entry.parent()).nth(steps);
    let name = |steps: usize| above(steps).map(Entry::name).unwrap_or_default();
    if name(0) == b"lib" && name(2) == b"gems" || name(3) == b"extensions" {
        return true;
    }
    let is_library = |name: &[u8]| is_version(name) || matches!(name, b"vendor_ruby" | b"site_ruby");
    // The directory itself, and those of a version or a machine below it.
    (0..3).any(|steps| {
        name(steps + 1) == b"ruby"
            && is_library(name(steps))
            && (0..steps)
                .all(|below| is_version(name(below)) || name(below).windows(7).any(|part| part == b"-linux-"))
    })
}

fn is_version(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_digit) && name.contains(&b'.')
}

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, source: &'a Source, grade: Grade) {
    let Some(directory) = entry.parent() else { return };
    for name in source.loads() {
        if name.starts_with("./") || name.starts_with("../") {
            feature(closure, &directory.path(), name, grade, entry);
        } else if !name.starts_with('/') {
            for root in closure.sources.ruby.clone() {
                let root = closure.ground.tree.entry(root).path();
                feature(closure, &root, name, grade, entry);
            }
        }
    }
    // A compiled part requires files of its namespace by names that stand in its own constants.
    let stem = entry.name().strip_suffix(b".rb").unwrap_or_default();
    let is_compiled = |name: &str| {
        let name = name.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".so").is_some_and(|name| name.as_bytes() == stem)
    };
    if (source.is_dynamic || source.loads().any(is_compiled)) && grade == Grade::Active {
        source::own_namespace(closure, entry, source, Rule::RubyGem);
    }
}

/// A feature is a file with or without its extension.
fn feature<'a>(closure: &mut Closure<'a>, root: &RootPath, name: &str, grade: Grade, by: Entry<'a>) {
    for extension in ["", ".rb", ".so"] {
        let path = root.join_as_kernel(format!("{name}{extension}").as_bytes());
        source::bring(closure, &path, grade, by, Rule::RubyGem);
    }
}

/// Whether a directory or file is the record of gems, which RubyGems lists and reads as a whole to find one of them:
/// `specifications/*.gemspec`. That it was read says nothing of the gem.
pub(super) fn only_searched(closure: &Closure<'_>, entry: Entry<'_>, used: &PathUse) -> bool {
    let is_records = |directory: Entry<'_>| {
        directory.name() == b"specifications"
            || directory.name() == b"default"
                && directory.parent().is_some_and(|above| above.name() == b"specifications")
    };
    let directory = if entry.is_directory() { Some(entry) } else { entry.parent() };
    !closure.sources.ruby.is_empty()
        && !used.access.contains(&casehard_profile::Access::Written)
        && directory.is_some_and(is_records)
        && (entry.is_directory() || entry.name().ends_with(b".gemspec"))
}

/// Specifications of gems that stay, of those that these declare to need, of those that a used `Gemfile.lock` names
/// (Bundler refuses to start without one of them), and of the gems that come with Ruby.
pub(super) fn specifications(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    if closure.sources.ruby.is_empty() {
        return;
    }
    let gems = || ground.inventory.iter().filter(|(_, package)| package.ecosystem == Ecosystem::Gem);
    let stays = |node: &NodeId| closure.stays(*node) && ground.tree.entry(*node).is_file();
    let is_default =
        |node: NodeId| ground.tree.entry(node).parent().is_some_and(|above| above.name() == b"default");
    let locked = locked(closure);
    let mut wanted: Vec<_> = gems()
        .filter(|(_, package)| {
            package.files.iter().any(stays)
                || locked.contains(&package.name)
                || package.found_in.is_some_and(is_default)
        })
        .map(|(id, _)| id)
        .collect();
    let needed =
        gems().map(|(id, _)| id).filter(|id| wanted.iter().any(|by| ground.dependencies.reaches(*by, *id)));
    let needed: Vec<_> = needed.collect();
    wanted.extend(needed);
    for id in wanted {
        let package = ground.inventory.package(id);
        if let Some(found_in) = package.found_in {
            let reason = crate::plan::Reason::Package { package: package.name.clone() };
            closure.keep(ground.tree.entry(found_in), Grade::Member, reason);
        }
    }
}

/// The gems that the lock files name which the application read: lines `    NAME (VERSION)`.
fn locked(closure: &Closure<'_>) -> BTreeSet<String> {
    let ground = closure.ground;
    let mut names = BTreeSet::new();
    for path in ground.profile.paths.keys() {
        if !matches!(path.file_name(), Some(b"Gemfile.lock" | b"gems.locked")) {
            continue;
        }
        let text = String::from_utf8_lossy(ground.inventory.text(ground.tree, path).unwrap_or_default());
        let entries = text.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(" ("));
        names.extend(entries.map(|(name, _)| name.trim().to_owned()));
    }
    names
}
