//! The bill of materials of an inventory.

use casehard_image::{Entry, Image, NodeId, Tree};
use hashbrown::{HashMap, HashSet};

use super::{BaseImage, Component, Described, Distribution, NotRead, Sbom, Source};
use crate::{Detail, Ecosystem, Inventory, Need, Package, PackageId, Presence};

/// Most files without a package that are listed.
const UNOWNED: usize = 200_000;

/// What of an inventory is taken into a bill of materials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Select {
    /// Only what these catalogers found, or what is of these ecosystems; empty for all.
    pub only: Vec<String>,
    /// Nothing that these catalogers found, or that is of these ecosystems.
    pub except: Vec<String>,
    /// Whether files that belong to no package are listed.
    pub unowned: bool,
}

impl Select {
    fn takes(&self, package: &Package) -> bool {
        let names = |list: &[String]| {
            list.iter().any(|name| name == package.cataloger || name == package.ecosystem.as_str())
        };
        (self.only.is_empty() || names(&self.only)) && !names(&self.except)
    }
}

impl Sbom {
    /// The bill of materials of an image.
    #[must_use]
    pub fn of(image: &Image, tree: &Tree, inventory: &Inventory, select: &Select) -> Self {
        let nodes = nodes(tree, inventory);
        let mut components: Vec<Component> =
            inventory.packages.iter().map(|package| component(package, &nodes)).collect();
        name_apart(&mut components);
        let ids: Vec<String> = components.iter().map(|component| component.id.clone()).collect();
        for (at, needs) in dependencies(inventory).into_iter().enumerate() {
            let package = &inventory.packages[at];
            components[at].part_of = package.part_of.map(|owner| ids[owner.index()].clone());
            components[at].depends_on = needs.into_iter().map(|need| ids[need.index()].clone()).collect();
        }
        let mut taken = inventory.packages.iter().map(|package| select.takes(package));
        components.retain(|_| taken.next().unwrap_or(false));
        let left: HashSet<String> = components.iter().map(|component| component.id.clone()).collect();
        for component in &mut components {
            component.depends_on.retain(|id| left.contains(id));
            component.part_of = component.part_of.take().filter(|id| left.contains(id));
        }
        Self {
            subject: subject(image),
            distribution: distribution(inventory, tree),
            components,
            unknowns: unknowns(inventory),
            unowned: if select.unowned { unowned(tree, inventory) } else { Vec::new() },
        }
    }
}

fn unknowns(inventory: &Inventory) -> Vec<NotRead> {
    let not_read = |one: &crate::Unknown| NotRead { path: one.path.to_string(), why: one.why.clone() };
    inventory.unknowns.iter().map(not_read).collect()
}

/// What no package has, but for what package managers keep about packages.
fn unowned(tree: &Tree, inventory: &Inventory) -> Vec<String> {
    let records: HashSet<NodeId> = inventory
        .packages
        .iter()
        .flat_map(|package| package.records.iter().chain(&package.found_in))
        .copied()
        .collect();
    let unowned = inventory.unowned(tree).filter(|entry| !records.contains(&entry.id()));
    unowned.take(UNOWNED).map(|entry| entry.path().to_string()).collect()
}

fn distribution(inventory: &Inventory, tree: &Tree) -> Option<Distribution> {
    inventory.os_release.as_ref().map(|os| Distribution {
        id: os.id.clone(),
        version: os.version_id.clone(),
        codename: os.version_codename.clone(),
        name: os.pretty_name.clone(),
        like: os.id_like.clone(),
        content_sets: inventory.content_sets(tree),
    })
}

fn subject(image: &Image) -> Described {
    const NAME: &str = "org.opencontainers.image.base.name";
    const DIGEST: &str = "org.opencontainers.image.base.digest";
    let labels = &image.config().config.labels;
    let stated = |key: &str| {
        image.manifest().annotations.get(key).or_else(|| labels.get(key)).cloned().unwrap_or_default()
    };
    let base = BaseImage { name: stated(NAME), digest: stated(DIGEST) };
    Described {
        name: image.name().to_owned(),
        digest: image.digest().to_string(),
        architecture: image.config().architecture.clone(),
        layers: image.layers().iter().map(|layer| layer.diff_id.to_string()).collect(),
        base: (base != BaseImage::default()).then_some(base),
    }
}

/// The entries whose paths are written: where packages were found, and what is left of partial ones.
fn nodes<'a>(tree: &'a Tree, inventory: &Inventory) -> HashMap<NodeId, Entry<'a>> {
    let mut wanted: HashSet<NodeId> = HashSet::new();
    for package in &inventory.packages {
        wanted.extend(package.found_in);
        if package.presence == Presence::Partial {
            wanted.extend(&package.files);
        }
    }
    tree.walk().filter(|entry| wanted.contains(&entry.id())).map(|entry| (entry.id(), entry)).collect()
}

fn component(package: &Package, nodes: &HashMap<NodeId, Entry<'_>>) -> Component {
    let path = |node: &NodeId| nodes.get(node).map(|entry| entry.path().to_string());
    let left = |node: &NodeId| nodes.get(node).is_some_and(|entry| !entry.is_directory());
    let partial = package.presence == Presence::Partial;
    Component {
        id: package.purl.clone(),
        ecosystem: package.ecosystem,
        name: package.name.clone(),
        version: package.version.clone(),
        purl: package.purl.clone(),
        architecture: package.architecture.clone(),
        source: package
            .source
            .as_ref()
            .map(|source| Source { name: source.name.clone(), version: source.version.clone() }),
        modularity: match &package.detail {
            Detail::Rpm(rpm) => rpm.modularity.clone(),
            _ => None,
        },
        cpes: match &package.detail {
            Detail::Evidence(evidence) => evidence.cpes.clone(),
            _ => Vec::new(),
        },
        licenses: package.licenses.clone(),
        supplier: package.supplier.clone(),
        summary: package.summary.clone(),
        homepage: package.homepage.clone(),
        locations: package.found_in.iter().filter_map(path).map(|path| within(path, package)).collect(),
        layer: Some(package.layer),
        presence: package.presence,
        remaining: package.files.iter().filter(|node| partial && left(node)).filter_map(path).collect(),
        part_of: None,
        depends_on: Vec::new(),
        found_by: package.cataloger.to_owned(),
    }
}

/// A path, and the path inside the archive there.
fn within(path: String, package: &Package) -> String {
    match &package.inside {
        Some(inside) => format!("{path}!/{}", casehard_oci::escape(inside.as_bytes())),
        None => path,
    }
}

/// Package URLs serve as ids; what has the same one is told apart by its place, and then by its number.
fn name_apart(components: &mut [Component]) {
    let mut times: HashMap<String, usize> = HashMap::new();
    for component in components.iter() {
        *times.entry(component.purl.clone()).or_default() += 1;
    }
    let mut seen: HashSet<String> = HashSet::new();
    for (number, component) in components.iter_mut().enumerate() {
        if times.get(&component.purl).is_some_and(|times| *times > 1) {
            let place = component.locations.first().map(String::as_str).unwrap_or_default();
            component.id = format!("{}#{place}", component.purl);
        }
        if !seen.insert(component.id.clone()) {
            component.id = format!("{}#{number}", component.id);
            seen.insert(component.id.clone());
        }
    }
}

/// The packages that each package needs to run, by name: the first alternative that is there.
fn dependencies(inventory: &Inventory) -> Vec<Vec<PackageId>> {
    let mut by_name: HashMap<(Ecosystem, String), Vec<PackageId>> = HashMap::new();
    for (id, package) in inventory.iter() {
        let names = [&package.name].into_iter().chain(package.provides.iter().map(|one| &one.name));
        for name in names {
            by_name.entry((package.ecosystem, canonical(package.ecosystem, name))).or_default().push(id);
        }
    }
    let needs = |package: &Package, own: PackageId| {
        let mut found: Vec<PackageId> = package
            .depends
            .iter()
            .filter(|dependency| matches!(dependency.need, Need::Before | Need::Runtime))
            .filter_map(|dependency| {
                dependency.alternatives.iter().find_map(|wanted| {
                    by_name
                        .get(&(package.ecosystem, canonical(package.ecosystem, &wanted.name)))?
                        .first()
                        .copied()
                })
            })
            .filter(|found| *found != own)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    inventory.iter().map(|(id, package)| needs(package, id)).collect()
}

/// A name as its ecosystem compares it (PEP 503 for Python).
fn canonical(ecosystem: Ecosystem, name: &str) -> String {
    match ecosystem {
        Ecosystem::Pypi => {
            let words: Vec<&str> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
            words.join("-").to_lowercase()
        }
        _ => name.to_owned(),
    }
}
