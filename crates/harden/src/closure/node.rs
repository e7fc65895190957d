//! Node: modules and packages as its two loaders find them (Node.js documentation, *CommonJS modules*, *ECMAScript
//! modules*, *Packages*), whoever installed them: npm, pnpm with its links, a distribution.

use casehard_image::Entry;
use casehard_inventory::{NodeManifest, Source};
use casehard_oci::RootPath;

use super::{Closure, Grade, source};
use crate::plan::Rule;

/// The directory that a package stands in by its name.
pub(super) fn root_of<'a>(manifest_file: Entry<'a>, manifest: &NodeManifest) -> Option<Entry<'a>> {
    let name = manifest.name.as_deref()?;
    let package = manifest_file.parent()?;
    let path = package.path();
    path.as_bytes().strip_suffix(name.as_bytes())?.strip_suffix(b"/")?;
    std::iter::successors(Some(package), |entry| entry.parent()).nth(name.split('/').count())
}

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, source: &'a Source, grade: Grade) {
    let Some(directory) = entry.parent() else { return };
    // The nearest manifest says how the loader reads the file.
    if let Some(manifest) = nearest_manifest(directory) {
        closure.need(manifest, Grade::Member, entry, Rule::NodePackage);
    }
    for name in source.loads() {
        if name.starts_with('.') {
            let path = directory.path().join_as_kernel(name.as_bytes());
            module(closure, &path, grade, entry);
        } else if name.starts_with('#') {
            let manifest = nearest_manifest(directory);
            targets(closure, manifest, grade, entry);
        } else if !name.starts_with('/') && !name.contains(':') {
            package(closure, directory, name, grade, entry);
        }
    }
    if source.is_dynamic && grade == Grade::Active {
        source::own_namespace(closure, entry, source, Rule::NodePackage);
    }
}

fn nearest_manifest(directory: Entry<'_>) -> Option<Entry<'_>> {
    std::iter::successors(Some(directory), |entry| entry.parent())
        .find_map(|above| above.child(b"package.json"))
}

/// A file, a file with an extension, or a directory with a manifest or an index. Returns whether there was one.
fn module<'a>(closure: &mut Closure<'a>, path: &RootPath, grade: Grade, by: Entry<'a>) -> bool {
    const EXTENSIONS: &[&str] = &["", ".js", ".json", ".node", ".mjs", ".cjs"];
    for extension in EXTENSIONS {
        let path = RootPath::root().join_as_kernel(&[path.as_bytes(), extension.as_bytes()].concat());
        if source::bring(closure, &path, grade, by, Rule::NodePackage) {
            return true;
        }
    }
    let Some(directory) = closure.ground.tree.resolve(path).entry.filter(|entry| entry.is_directory()) else {
        return false;
    };
    entrance(closure, directory, grade, by)
}

/// What a directory stands for: the manifest's `main`, or `index`.
fn entrance<'a>(closure: &mut Closure<'a>, directory: Entry<'a>, grade: Grade, by: Entry<'a>) -> bool {
    let ground = closure.ground;
    if let Some(manifest_file) = directory.child(b"package.json") {
        source::bring(closure, &manifest_file.path(), grade, by, Rule::NodePackage);
        let main = ground.inventory.node(manifest_file).and_then(|manifest| manifest.main.clone());
        let main = main.map(|main| directory.path().join_as_kernel(main.as_bytes()));
        if let Some(main) = main.filter(|main| *main != directory.path())
            && module(closure, &main, grade, by)
        {
            return true;
        }
    }
    ["index.js", "index.json", "index.node", "index.mjs", "index.cjs"].iter().any(|index| {
        let path = directory.path().child(index.as_bytes());
        source::bring(closure, &path, grade, by, Rule::NodePackage)
    })
}

/// `NAME`, `NAME/SUBPATH`, `@SCOPE/NAME/SUBPATH`, in each `node_modules` above, then where the distribution has its own.
fn package<'a>(
    closure: &mut Closure<'a>,
    directory: Entry<'a>,
    specifier: &str,
    grade: Grade,
    by: Entry<'a>,
) {
    let parts = specifier.split('/').count();
    let of_name = if specifier.starts_with('@') { 2 } else { 1 };
    if parts < of_name {
        return;
    }
    let at = specifier.match_indices('/').nth(of_name - 1).map_or(specifier.len(), |(at, _)| at);
    let (name, subpath) = (&specifier[..at], specifier[at..].trim_start_matches('/'));
    let tree = closure.ground.tree;
    let above = std::iter::successors(Some(directory), |entry| entry.parent());
    let nearest = above
        .map(|above| above.path().child(b"node_modules").join_as_kernel(name.as_bytes()))
        .find(|place| tree.resolve(place).entry.is_some());
    let shared =
        closure.sources.node.iter().map(|root| tree.entry(*root).path().join_as_kernel(name.as_bytes()));
    let places: Vec<RootPath> = nearest.into_iter().chain(shared).collect();
    for place in places {
        let Some(found) = tree.resolve(&place).entry else { continue };
        if grade == Grade::Member && !closure.ground.may_bring(by, found) {
            continue;
        }
        closure.need_path(&place, Grade::Member, by, Rule::NodePackage);
        if !found.is_directory() {
            continue;
        }
        let manifest = found.child(b"package.json");
        let direct = if subpath.is_empty() {
            entrance(closure, found, grade, by)
        } else {
            module(closure, &found.path().join_as_kernel(subpath.as_bytes()), grade, by)
        };
        let has_exports = manifest
            .and_then(|manifest| closure.ground.inventory.node(manifest))
            .is_some_and(|manifest| !manifest.targets.is_empty());
        if has_exports || !direct {
            targets(closure, manifest, grade, by);
        }
    }
}

/// Every file that the manifest's `exports`, `imports`, `bin` and the like name; `*` stands for any path.
fn targets<'a>(closure: &mut Closure<'a>, manifest_file: Option<Entry<'a>>, grade: Grade, by: Entry<'a>) {
    let Some(manifest_file) = manifest_file else { return };
    let Some(package) = manifest_file.parent() else { return };
    let Some(manifest) = closure.ground.inventory.node(manifest_file) else { return };
    source::bring(closure, &manifest_file.path(), grade, by, Rule::NodePackage);
    for target in manifest.targets.texts() {
        let Some((head, tail)) = target.split_once('*') else {
            module(closure, &package.path().join_as_kernel(target.as_bytes()), grade, by);
            continue;
        };
        let directory = head.rsplit_once('/').map_or("", |(directory, _)| directory);
        let start = package.path().join_as_kernel(directory.as_bytes());
        let Some(top) = closure.ground.tree.resolve(&start).entry.filter(|top| top.is_directory()) else {
            continue;
        };
        for found in top.below() {
            let is_nested = found
                .path()
                .strip_prefix(&start)
                .is_some_and(|below| below.split(|byte| *byte == b'/').any(|part| part == b"node_modules"));
            if found.is_file() && !is_nested && found.name().ends_with(tail.as_bytes()) {
                source::bring(closure, &found.path(), grade.min(Grade::Member), by, Rule::NodePackage);
            }
        }
    }
}
