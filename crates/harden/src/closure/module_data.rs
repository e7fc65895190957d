//! Level `file`: the data that a language package has beside its code. Code says by imports what it needs; data are
//! opened by names that code computes, so that a package of which code ran keeps them all.

use std::collections::BTreeSet;

use casehard_image::{Entry, NodeId};

use super::{Closure, Grade, elf};
use crate::{debris, plan::Rule};

pub(super) fn keep(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let mut units: BTreeSet<NodeId> = BTreeSet::new();
    for node in closure.nodes() {
        let entry = ground.tree.entry(node);
        if entry.is_file()
            && is_code(entry.name())
            && closure.was_read(entry)
            && !closure.is_application(entry)
        {
            units.extend(unit(closure, entry).map(Entry::id));
        }
    }
    for unit in units {
        let top = ground.tree.entry(unit);
        let owners: BTreeSet<_> = top
            .children()
            .filter(|child| child.is_file())
            .flat_map(|child| ground.owners(child.id()))
            .collect();
        for entry in top.below() {
            let is_foreign = !ground.inventory.owners(entry).any(|owner| owners.contains(&owner));
            if is_foreign {
                continue;
            }
            if entry.is_symlink() {
                linked(closure, top, entry);
            } else if is_data(closure, top, entry) && !closure.stays(entry.id()) {
                closure.need(entry, Grade::Member, top, Rule::PackageData);
            }
        }
    }
}

/// Distributions move data to `/usr/share`, often to a package of its own, and leave a link in its place: what a link
/// beside the code leads to is data of the code as well, as far as the link's package declares to need it.
fn linked<'a>(closure: &mut Closure<'a>, top: Entry<'a>, link: Entry<'a>) {
    let ground = closure.ground;
    let path = link.path();
    let Some(target) = ground.tree.resolve(&path).entry else { return };
    // A link within the package leads to what the caller looks at anyway.
    if target.path().starts_with(&top.path()) || is_code(link.name()) {
        return;
    }
    let files = std::iter::once(target).chain(target.below());
    let data: Vec<_> = files
        .filter(|entry| !ground.owners(entry.id()).is_empty() && is_data(closure, target, *entry))
        .filter(|entry| !closure.stays(entry.id()) && ground.may_bring(link, *entry))
        .collect();
    if !data.is_empty() {
        closure.need_path(&path, Grade::Member, top, Rule::PackageData);
    }
    for entry in data {
        closure.need(entry, Grade::Member, link, Rule::PackageData);
    }
}

/// The directory of a language package that a source file stands in: of a Python package outside the standard library,
/// of a gem, of a Node package, of a Perl module.
fn unit<'a>(closure: &Closure<'a>, entry: Entry<'a>) -> Option<Entry<'a>> {
    let sources = &closure.sources;
    let chain: Vec<Entry<'a>> = std::iter::successors(Some(entry), |entry| entry.parent()).collect();
    for pair in chain.windows(2) {
        let (below, above) = (pair[0], pair[1]);
        let is_python = closure.python.is_root(above) && !closure.python.is_standard(above);
        let is_gem = above.name() == b"gems"
            && sources.ruby.iter().any(|root| {
                closure.ground.tree.entry(*root).parent().is_some_and(|gem| gem.id() == below.id())
            });
        let place = above.parent();
        let is_installed = place.is_some_and(|place| {
            place.name() == b"node_modules"
                || place.name().starts_with(b"@")
                || sources.node.contains(&place.id())
        });
        let is_node = is_installed && above.child(b"package.json").is_some();
        if is_node {
            return Some(above);
        }
        if (is_python || is_gem || sources.perl.contains(&above.id())) && below.is_directory() {
            return Some(below);
        }
        // The directory beside a module `NAME.pm` that is called like it.
        if sources.perl.contains(&above.id()) {
            let stem = below.name().strip_suffix(b".pm")?;
            return above.child(stem).filter(|directory| directory.is_directory());
        }
    }
    None
}

fn is_data(closure: &Closure<'_>, top: Entry<'_>, entry: Entry<'_>) -> bool {
    if !entry.is_file() || debris::class(entry).is_some() || is_code(entry.name()) {
        return false;
    }
    let path = entry.path();
    let below = path.strip_prefix(&top.path()).unwrap_or_default();
    if below.split(|byte| *byte == b'/').any(is_aside) {
        return false;
    }
    // A compiled module that code loads by a name it computes, as Node's add-ons are.
    !elf::is_elf(closure, entry) || entry.name().ends_with(b".node") && elf::needs_nothing_new(closure, entry)
}

/// Source, and what is for people and tools that work on it.
fn is_code(name: &[u8]) -> bool {
    const ENDS: &[&str] = &[
        "py", "pyc", "pyo", "pyi", "pyx", "pxd", "c", "cc", "cpp", "h", "hpp", "rs", "go", "rb", "pm", "pl",
        "pod", "al", "js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "map", "md", "markdown", "rst",
        "flow", "gemspec", "gyp", "gypi", "mk", "rbs", "rbi", "o", "a",
    ];
    let end = name.iter().rposition(|byte| *byte == b'.').map(|dot| &name[dot + 1..]);
    end.is_some_and(|end| ENDS.iter().any(|known| known.as_bytes() == end))
}

/// Directories that are beside what a package does.
fn is_aside(name: &[u8]) -> bool {
    matches!(
        name,
        b"test"
            | b"tests"
            | b"testing"
            | b"spec"
            | b"specs"
            | b"doc"
            | b"docs"
            | b"example"
            | b"examples"
            | b"benchmark"
            | b"benchmarks"
            | b"node_modules"
            | b"__pycache__"
            | b".github"
            | b"ext"
            | b"src"
            | b"features"
            | b"sample"
            | b"samples"
            | b"man"
    )
}
