//! Packages: who needs whom, what becomes of each, and the honest account of it for scanners.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use casehard_image::{Entry, NodeId, Tree};
use casehard_inventory::{Ecosystem, Inventory, Need, Package, PackageId};
use casehard_oci::RootPath;

use crate::content::is_place;
use crate::kept::Kept;
use crate::plan::{Added, Addition, Fate, PackagePlan, Reason};

/// Which packages declare to need which, hard dependencies only.
#[derive(Debug)]
pub(crate) struct Dependencies {
    direct: Vec<Vec<PackageId>>,
    reach: Vec<OnceCell<BTreeSet<PackageId>>>,
}

impl Dependencies {
    pub fn of(inventory: &Inventory) -> Self {
        let packages = &inventory.packages;
        let mut names: BTreeMap<(Ecosystem, String), Vec<PackageId>> = BTreeMap::new();
        for (index, package) in packages.iter().enumerate() {
            let id = PackageId(u32::try_from(index).unwrap_or(u32::MAX));
            let provided = package.provides.iter().map(|provided| &provided.name);
            for name in std::iter::once(&package.name).chain(provided) {
                names.entry((package.ecosystem, folded(package.ecosystem, name))).or_default().push(id);
            }
        }
        let needed = |package: &Package| {
            let hard = package.depends.iter().filter(|dependency| {
                matches!(dependency.need, Need::Before | Need::Runtime)
                    && !dependency.condition.as_ref().is_some_and(|condition| condition.contains("extra"))
            });
            let wanted = hard.flat_map(|dependency| &dependency.alternatives);
            let found = wanted.filter_map(|wanted| {
                names.get(&(package.ecosystem, folded(package.ecosystem, &wanted.name)))
            });
            found.flatten().copied().chain(package.part_of).collect()
        };
        Self {
            direct: packages.iter().map(needed).collect(),
            reach: packages.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    /// The packages that `package` itself declares to need.
    pub fn direct(&self, package: PackageId) -> &[PackageId] {
        self.direct.get(package.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether `package` needs `other`, over any number of steps.
    pub fn reaches(&self, package: PackageId, other: PackageId) -> bool {
        let Some(reach) = self.reach.get(package.index()) else { return false };
        let reach = reach.get_or_init(|| {
            let mut seen = BTreeSet::new();
            let mut todo = self.direct[package.index()].clone();
            while let Some(next) = todo.pop() {
                if seen.insert(next) {
                    todo.extend(self.direct.get(next.index()).into_iter().flatten());
                }
            }
            seen
        });
        reach.contains(&other)
    }
}

/// Python treats `-`, `_`, `.` and case alike in names (PEP 503).
fn folded(ecosystem: Ecosystem, name: &str) -> String {
    if ecosystem == Ecosystem::Pypi { name.to_lowercase().replace(['_', '.'], "-") } else { name.to_owned() }
}

/// What becomes of each package when `stays` says which nodes stay.
pub(crate) fn account(
    tree: &Tree,
    inventory: &Inventory,
    stays: &dyn Fn(NodeId) -> bool,
    kept: &Kept,
) -> Vec<PackagePlan> {
    let whole = |package: &Package| package.part_of.map(|whole| inventory.package(whole).purl.clone());
    let explained = |package| PackagePlan {
        kept_by: kept_by(tree, package, kept),
        part_of: whole(package),
        ..plan(tree, package, stays)
    };
    let mut plans: Vec<PackagePlan> = inventory.packages.iter().map(explained).collect();
    plans.sort_by(|a, b| (&a.kind, &a.name, &a.version).cmp(&(&b.kind, &b.name, &b.version)));
    plans
}

/// Files of a package that stay on their own account, not because the package stays: what was used first.
fn kept_by(tree: &Tree, package: &Package, kept: &Kept) -> Vec<RootPath> {
    const EXAMPLES: usize = 5;
    let rank = |reason: &Reason| match reason {
        Reason::Used { .. } => Some(0),
        Reason::Asked { .. } | Reason::Repair { .. } | Reason::Configuration { .. } => Some(1),
        Reason::Basic { .. } => Some(2),
        Reason::Needed { .. } => Some(3),
        _ => None,
    };
    let files = package.files.iter().filter(|node| !is_place(tree, tree.entry(**node)));
    let mut ranked: Vec<(u8, NodeId)> =
        files.filter_map(|node| Some((kept.reasons(*node).filter_map(rank).min()?, *node))).collect();
    ranked.sort_unstable();
    ranked.into_iter().take(EXAMPLES).map(|(_, node)| tree.entry(node).path()).collect()
}

fn plan(tree: &Tree, package: &Package, stays: &dyn Fn(NodeId) -> bool) -> PackagePlan {
    let files = || package.files.iter().map(|node| tree.entry(*node)).filter(|entry| !is_place(tree, *entry));
    let left = || files().filter(|entry| stays(entry.id()));
    let debris = files().filter(|entry| crate::debris::class(*entry).is_some()).count();
    let (files_before, files_after) = (files().count(), left().count());
    let fate = match files_after {
        0 if files_before > 0 || !package.ecosystem.is_distribution() => Fate::Removed,
        0 => {
            if package.files.iter().any(|node| stays(*node)) {
                Fate::Partial
            } else {
                Fate::Removed
            }
        }
        _ if left().count() + debris >= files_before => Fate::Kept,
        _ => Fate::Partial,
    };
    let why = match fate {
        Fate::Kept => "the application uses it".to_owned(),
        Fate::Partial => format!("{files_after} of its {files_before} files are used or needed"),
        Fate::Removed => "neither the run nor a rule used any of its files".to_owned(),
    };
    PackagePlan {
        name: package.name.clone(),
        version: package.version.clone(),
        kind: package.ecosystem.to_string(),
        purl: package.purl.clone(),
        part_of: None,
        fate,
        files_before,
        files_after,
        bytes_before: files().map(Entry::size).sum(),
        bytes_after: left().map(Entry::size).sum(),
        why,
        kept_by: Vec::new(),
    }
}

/// Whether a path is of a package manager's database, whose truth the account takes over.
pub(crate) fn is_database(path: &RootPath) -> bool {
    let components: Vec<&[u8]> = path.components().take(3).collect();
    matches!(components.as_slice(), [b"var", b"lib", b"dpkg" | b"apt"])
}

/// The account of the Debian packages that stay, where the package manager does not: one control stanza each below
/// `var/lib/dpkg/status.d`, with the digests of the files that are left beside it, as distroless images have it and
/// scanners read it.
pub(crate) fn debian_account(
    tree: &Tree,
    inventory: &Inventory,
    stays: &dyn Fn(NodeId) -> bool,
) -> BTreeMap<RootPath, Addition> {
    let mut additions = BTreeMap::new();
    let directory = RootPath::root().join_as_kernel(b"var/lib/dpkg/status.d");
    for package in inventory.packages.iter().filter(|package| package.ecosystem == Ecosystem::Deb) {
        let Some(stanza) = &package.stanza else { continue };
        if plan(tree, package, stays).fate == Fate::Removed {
            continue;
        }
        let mut name = package.name.clone();
        if additions.contains_key(&directory.child(name.as_bytes())) {
            name = format!("{name}:{}", package.architecture.as_deref().unwrap_or("any"));
        }
        let mut control = String::from_utf8_lossy(stanza).trim_end().to_owned();
        control.push('\n');
        additions
            .insert(directory.child(name.as_bytes()), file(control, "the account of the packages that stay"));
        let mut digests = String::new();
        for (node, digest) in package.digests.iter().filter(|(node, _)| stays(*node)) {
            for byte in digest.as_bytes() {
                let _ = write!(digests, "{byte:02x}");
            }
            let path = tree.entry(*node).path();
            let _ = writeln!(digests, "  {}", String::from_utf8_lossy(path.as_bytes()));
        }
        let sums = directory.child(format!("{name}.md5sums").as_bytes());
        additions.insert(sums, file(digests, "the files that stay of each package"));
    }
    additions
}

/// The dpkg database with the stanzas of the packages that stay, where dpkg itself stays.
pub(crate) fn debian_status(
    tree: &Tree,
    inventory: &Inventory,
    stays: &dyn Fn(NodeId) -> bool,
) -> Option<String> {
    let mut status = String::new();
    let mut gone = false;
    for package in inventory.packages.iter().filter(|package| package.ecosystem == Ecosystem::Deb) {
        let Some(stanza) = &package.stanza else { continue };
        if plan(tree, package, stays).fate == Fate::Removed {
            gone = true;
            continue;
        }
        status.push_str(String::from_utf8_lossy(stanza).trim_end());
        status.push_str("\n\n");
    }
    gone.then_some(status)
}

fn file(content: String, why: &str) -> Addition {
    Addition { what: Added::File { content }, mode: 0o644, uid: 0, gid: 0, why: why.to_owned() }
}
