//! Pieces that files said, joined into packages, and packages into who owns what.

use std::collections::BTreeSet;

use casehard_image::{Entry, Facts, NodeId, Tree};
use casehard_oci::RootPath;
use hashbrown::{HashMap, HashSet};

use crate::{
    Detail, Inventory, OsRelease, Package, PackageId, Presence, PythonDistribution, Says, Subject, Unknown,
    catalog::Found, catalogers, own::Places, purl,
};

/// Pieces about one subject.
struct Group<'a> {
    cataloger: usize,
    /// The directory before the matched end of the files' paths.
    base: RootPath,
    /// What its package manager calls it, for pieces that name it slightly otherwise.
    name: Option<&'a [u8]>,
    package: Option<(Entry<'a>, &'a Package)>,
    says: Vec<(Entry<'a>, &'a Says)>,
}

/// Which pieces belong together: cataloger, directory or database, and name or number.
type Key<'a> = (usize, RootPath, Option<&'a [u8]>, u32);

/// A package in the making, with what it claims.
pub(crate) struct Draft {
    pub package: Package,
    pub files: Vec<NodeId>,
    /// Directories everything below which is its own.
    pub below: Vec<NodeId>,
    /// Non-directories among `files`.
    pub present: usize,
}

pub(crate) fn join(tree: &Tree, facts: Facts<Found>, too_large: BTreeSet<(RootPath, u64)>) -> Inventory {
    let os_release = os_release(tree, &facts);
    let mut unknowns: Vec<Unknown> = too_large
        .into_iter()
        .filter(|(path, size)| tree.get(path).is_some_and(|entry| entry.is_file() && entry.size() == *size))
        .map(|(path, size)| Unknown { path, why: format!("too large to be read ({size} bytes)") })
        .collect();
    let mut drafts = drafts(tree, &facts, &mut unknowns);
    drafts.sort_by_cached_key(|draft| {
        let package = &draft.package;
        let place = package.found_in;
        (
            package.ecosystem,
            package.name.clone(),
            package.version.clone(),
            package.architecture.clone(),
            place,
        )
    });
    for draft in &mut drafts {
        draft.package.purl = purl::of(&draft.package, os_release.as_ref());
    }
    let owners = crate::own::assign(tree, &mut drafts);
    let mut packages: Vec<Package> = drafts.into_iter().map(|draft| draft.package).collect();
    part_of(&mut packages, &owners);
    unknowns.sort();
    unknowns.dedup();
    let facts = facts.map(|found| (!found.facts.is_empty()).then_some(found.facts));
    Inventory { packages, os_release, unknowns, facts, owners }
}

/// The packages of all pieces, in no order.
fn drafts(tree: &Tree, facts: &Facts<Found>, unknowns: &mut Vec<Unknown>) -> Vec<Draft> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut index: HashMap<Key<'_>, usize> = HashMap::new();
    for entry in tree.walk().filter(|entry| entry.is_file()) {
        let Some(found) = facts.get(entry) else { continue };
        if let Some(why) = &found.unknown {
            unknowns.push(Unknown { path: entry.path(), why: why.clone() });
        }
        if !found.pieces.is_empty() {
            gather(entry, found, &mut groups, &mut index);
        }
    }
    adopt(&mut groups);

    let mut places = Places::new(tree);
    for group in &groups {
        for (_, says) in &group.says {
            if let Says::Diversions(all) = says {
                places.divert(&group.base, all);
            }
        }
    }
    let mut drafts: Vec<Draft> = groups.iter().filter_map(|group| draft(group, &mut places)).collect();
    stated_once(&mut drafts);
    drafts
}

/// An assembly that a `*.deps.json` has is stated there, with the package that it is of.
fn stated_once(drafts: &mut Vec<Draft>) {
    const ASSEMBLY: &str = "dotnet-assembly";
    let of_packages = drafts.iter().filter(|draft| draft.package.cataloger == "dotnet");
    let stated: HashSet<NodeId> = of_packages.flat_map(|draft| draft.files.iter().copied()).collect();
    drafts.retain(|draft| {
        draft.package.cataloger != ASSEMBLY || !draft.files.iter().any(|file| stated.contains(file))
    });
}

fn os_release(tree: &Tree, facts: &Facts<Found>) -> Option<OsRelease> {
    ["etc/os-release", "usr/lib/os-release"].into_iter().find_map(|path| {
        let entry = tree.resolve(&RootPath::root().join_as_kernel(path.as_bytes())).entry?;
        let found = entry.is_file().then(|| facts.get(entry)).flatten()?;
        found.facts.text.as_deref().map(OsRelease::parse)
    })
}

/// Puts the pieces of one file to the groups they are about.
fn gather<'a>(
    entry: Entry<'a>,
    found: &'a Found,
    groups: &mut Vec<Group<'a>>,
    index: &mut HashMap<Key<'a>, usize>,
) {
    let path = entry.path();
    for (cataloger, pieces) in &found.pieces {
        // Names of one file share what was found in it; a name that does not match is not where it belongs.
        let Some(base) =
            catalogers::ALL[*cataloger].reads.matches(path.as_bytes(), found.facts.elf.is_some())
        else {
            continue;
        };
        let base = RootPath::root().join_as_kernel(base);
        for piece in pieces {
            let key: Key<'a> = match &piece.subject {
                Subject::File(number) => (*cataloger, path.clone(), None, *number),
                Subject::Directory => {
                    (*cataloger, path.parent().unwrap_or_else(RootPath::root), None, u32::MAX)
                }
                Subject::Named(name) => (*cataloger, base.clone(), Some(&**name), 0),
            };
            let name = key.2;
            let at = *index.entry(key).or_insert_with(|| {
                groups.push(Group {
                    cataloger: *cataloger,
                    base: base.clone(),
                    name,
                    package: None,
                    says: Vec::new(),
                });
                groups.len() - 1
            });
            match &piece.says {
                Says::Package(package) => {
                    groups[at].package.get_or_insert((entry, package));
                }
                says => groups[at].says.push((entry, says)),
            }
        }
    }
}

/// What carries an architecture in its name while the package does not, or the other way round, goes to it.
fn adopt(groups: &mut [Group<'_>]) {
    type Bare<'a> = (usize, RootPath, &'a [u8]);
    fn bare<'a>(group: &Group<'a>) -> Option<Bare<'a>> {
        let name = group.name?.split(|byte| *byte == b':').next()?;
        Some((group.cataloger, group.base.clone(), name))
    }
    let mut by_bare: HashMap<Bare<'_>, Vec<usize>> = HashMap::new();
    for (at, group) in groups.iter().enumerate().filter(|(_, group)| group.package.is_some()) {
        if let Some(key) = bare(group) {
            by_bare.entry(key).or_default().push(at);
        }
    }
    for at in 0..groups.len() {
        if groups[at].package.is_some() {
            continue;
        }
        let Some(homes) = bare(&groups[at]).and_then(|key| by_bare.get(&key)) else { continue };
        let says = std::mem::take(&mut groups[at].says);
        for home in homes {
            groups[*home].says.extend(&says);
        }
    }
}

/// One package of what was said about it.
fn draft(group: &Group<'_>, places: &mut Places<'_>) -> Option<Draft> {
    let (found_in, package) = group.package?;
    let mut package = package.clone();
    package.cataloger = catalogers::ALL[group.cataloger].name;
    package.found_in = Some(found_in.id());
    package.layer = found_in.layer();
    let mut draft = Draft { package, files: Vec::new(), below: Vec::new(), present: 0 };
    let mut lists_files = false;
    for (entry, says) in &group.says {
        match says {
            Says::Paths(paths) => {
                lists_files = true;
                if entry.id() != found_in.id() {
                    // The list of a package is written when it is installed, and not when another one is.
                    draft.package.layer = entry.layer();
                    records(*entry, &mut draft.package.records);
                }
                let mut listed = paths.iter().peekable();
                while let Some(path) = listed.next() {
                    // Lists name a directory right before what it holds. Where that is a link now (usr-merge), the
                    // link is not the package's.
                    let holds =
                        |next: &&&[u8]| next.strip_prefix(path).is_some_and(|rest| rest.starts_with(b"/"));
                    let is_directory = listed.peek().filter(holds).is_some();
                    claim(path, is_directory, group, places, &mut draft);
                }
            }
            Says::Below(directories) => {
                for directory in directories.iter() {
                    let directory = places.find(&group.base, directory, None);
                    draft.below.extend(directory.filter(|entry| entry.is_directory()).map(Entry::id));
                }
            }
            Says::Perhaps(paths) => {
                let found = paths.iter().filter_map(|path| places.find(&group.base, path, None));
                draft.files.extend(found.map(Entry::id));
            }
            Says::Licenses(licenses) if draft.package.licenses.is_empty() => {
                draft.package.licenses.clone_from(licenses);
            }
            Says::Itself => draft.files.push(entry.id()),
            Says::Digests(digests) => {
                if entry.id() != found_in.id() {
                    draft.package.records.push(entry.id());
                }
                let found = digests.iter().filter_map(|(path, digest)| {
                    Some((places.find(&group.base, path, Some(&draft.package.name))?.id(), *digest))
                });
                draft.package.digests.extend(found);
            }
            Says::Python(said) => merge_python(&mut draft.package, said),
            Says::Package(_) | Says::Diversions(_) | Says::Licenses(_) => {}
        }
    }
    if !lists_files {
        // `md5sums` lists files too, though neither links nor directories.
        draft.files.extend(draft.package.digests.iter().map(|(node, _)| *node));
        draft.present += draft.package.digests.len();
        modules_of_python(group, places, &mut draft);
    }
    settle(&mut draft);
    Some(draft)
}

/// A list's siblings of the same stem: everything the package manager keeps about the package alone.
fn records(list: Entry<'_>, out: &mut Vec<NodeId>) {
    const KEPT: &[&str] = &[
        "list",
        "md5sums",
        "conffiles",
        "preinst",
        "postinst",
        "prerm",
        "postrm",
        "config",
        "templates",
        "triggers",
        "shlibs",
        "symbols",
        "control",
        "files",
        "desc",
        "mtree",
        "install",
        "changelog",
    ];
    let (Some(directory), Some(stem)) = (list.parent(), list.name().strip_suffix(b".list")) else {
        out.push(list.id());
        return;
    };
    for kept in KEPT {
        out.extend(directory.child(&[stem, b".", kept.as_bytes()].concat()).map(Entry::id));
    }
}

/// Takes a listed path for the package.
fn claim(path: &[u8], is_directory: bool, group: &Group<'_>, places: &mut Places<'_>, draft: &mut Draft) {
    match places.find(&group.base, path, Some(&draft.package.name)) {
        Some(entry) if is_directory && !entry.is_directory() => {}
        Some(entry) => {
            draft.present += usize::from(!entry.is_directory());
            draft.files.push(entry.id());
        }
        None => draft.package.missing.push(group.base.join_as_kernel(path)),
    }
}

/// A Python distribution without a list of files has the modules that it names.
fn modules_of_python(group: &Group<'_>, places: &mut Places<'_>, draft: &mut Draft) {
    let Detail::Python(python) = &draft.package.detail else { return };
    for module in python.modules.iter() {
        if let Some(entry) = places.find(&group.base, module, None).filter(|entry| entry.is_directory()) {
            draft.below.push(entry.id());
        }
        let source = [module, b".py"].concat();
        draft
            .files
            .extend(places.find(&group.base, &source, None).filter(|entry| entry.is_file()).map(Entry::id));
    }
}

fn merge_python(package: &mut Package, said: &PythonDistribution) {
    if let Detail::None = package.detail {
        package.detail = Detail::Python(Box::default());
    }
    let Detail::Python(python) = &mut package.detail else { return };
    if package.depends.is_empty() {
        package.depends.clone_from(&said.requires);
    }
    python.installer = python.installer.take().or_else(|| said.installer.clone());
    python.direct_url = python.direct_url.take().or_else(|| said.direct_url.clone());
    python.entry_points.extend(said.entry_points.iter().cloned());
    if python.modules.is_empty() {
        python.modules = said.modules.clone();
    }
}

/// Sorts what was collected and says how much of the package is there.
fn settle(draft: &mut Draft) {
    draft.files.sort_unstable();
    draft.files.dedup();
    let package = &mut draft.package;
    package.missing.sort_unstable();
    package.missing.dedup();
    package.digests.sort_unstable();
    package.digests.dedup();
    package.records.sort_unstable();
    package.records.dedup();
    // Images leave documentation out as a matter of course; a package without it is whole.
    package.presence = match (package.missing.iter().all(is_documentation), draft.present) {
        (true, _) => Presence::Whole,
        (false, 0) => Presence::Phantom,
        (false, _) => Presence::Partial,
    };
}

/// Whether a path holds what nothing runs: documentation, translations, what checks packages.
fn is_documentation(path: &RootPath) -> bool {
    const KINDS: &[&[u8]] = &[
        b"doc",
        b"man",
        b"info",
        b"locale",
        b"groff",
        b"lintian",
        b"linda",
        b"gtk-doc",
        b"doc-base",
        b"bug",
        b"help",
    ];
    let mut components = path.components();
    (components.next(), components.next()) == (Some(b"usr"), Some(b"share"))
        && components.next().is_some_and(|kind| KINDS.contains(&kind))
}

/// A language package found in a file of a distribution package is a part of it.
fn part_of(packages: &mut [Package], owners: &[(NodeId, PackageId)]) {
    for at in 0..packages.len() {
        let Some(place) = packages[at].found_in.filter(|_| !packages[at].ecosystem.is_distribution()) else {
            continue;
        };
        let start = owners.partition_point(|(node, _)| *node < place);
        let owner = owners[start..]
            .iter()
            .take_while(|(node, _)| *node == place)
            .map(|(_, package)| *package)
            .find(|package| packages[package.index()].ecosystem.is_distribution());
        packages[at].part_of = owner;
    }
}
