//! Programs that serve people and builds, not applications: shells and package managers, known by what they do and not by
//! what they are called. They go unless something used them, also from packages that stay whole.

mod installer;
mod shell;

use std::collections::{BTreeMap, BTreeSet};

use casehard_image::{Entry, Head, Image, Inspect, NodeId, ReadError, Tree, Want};
use casehard_inventory::{Inventory, PackageId, catalog_with};
use casehard_oci::RootPath;

use installer::{DATABASES, Database};

/// ELF files and scripts larger than this are not looked at.
const LARGEST: u64 = 64 << 20;

/// What one file's content says about it being a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolFacts {
    /// Whether it is a program with the built-in commands of a POSIX shell.
    is_shell: bool,
    /// The package databases that its code names, by their place in [`DATABASES`].
    databases: Vec<usize>,
}

impl ToolFacts {
    /// Whether a file must be read to know: its first bytes say so.
    #[must_use]
    pub fn wants(start: &[u8]) -> Want {
        if start.starts_with(b"\x7fELF") || start.starts_with(b"#!") {
            Want::Whole(LARGEST)
        } else {
            Want::Nothing
        }
    }

    /// What a file's content says; `None` for what is no tool.
    #[must_use]
    pub fn read(path: &RootPath, bytes: &[u8]) -> Option<Self> {
        let is_shell = bytes.starts_with(b"\x7fELF") && shell::is_shell(bytes);
        let databases = installer::databases(path, bytes);
        (is_shell || !databases.is_empty()).then_some(Self { is_shell, databases })
    }
}

/// The shells and package managers of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    shells: BTreeSet<NodeId>,
    installers: BTreeMap<NodeId, &'static str>,
    /// The executable files of the packages that the installers of languages belong to.
    programs: BTreeSet<NodeId>,
}

impl Tools {
    /// Every kind that [`Tools::kind`] tells.
    pub const KINDS: [&'static str; 2] = ["package-manager", "shell"];

    /// Reads an image once, with its tools.
    ///
    /// # Errors
    /// When a layer cannot be read, is not what its digests say, or exceeds a limit.
    pub fn read(image: &Image) -> Result<(Tree, Inventory, Self), ReadError> {
        struct Look;
        impl Inspect for Look {
            type Fact = ToolFacts;
            fn wants(&self, _: &Head, start: &[u8]) -> Want {
                ToolFacts::wants(start)
            }
            fn inspect(&self, path: &RootPath, _: &Head, bytes: &[u8]) -> Option<ToolFacts> {
                ToolFacts::read(path, bytes)
            }
        }
        let (tree, inventory, facts) = catalog_with(image, &Look)?;
        let tools = Self::find(image, &tree, &inventory, |entry| facts.get(entry));
        Ok((tree, inventory, tools))
    }

    /// The tools of an image, by what the contents of its files say.
    #[must_use]
    pub fn find<'f>(
        image: &Image,
        tree: &Tree,
        inventory: &Inventory,
        facts: impl Fn(Entry<'_>) -> Option<&'f ToolFacts>,
    ) -> Self {
        let databases = |entry: Entry<'_>| facts(entry).map_or(&[][..], |facts| &facts.databases);
        let installers = installers(image, tree, inventory, &databases);
        let languages: BTreeSet<PackageId> = installers
            .keys()
            .map(|node| tree.entry(*node))
            .filter(|entry| database(databases(*entry), Database::is_of_a_language).is_some())
            .flat_map(|entry| inventory.owners(entry))
            .collect();
        let files = languages.into_iter().flat_map(|package| &inventory.package(package).files);
        let programs = files.copied().filter(|node| is_executable(tree.entry(*node))).collect();
        let is_shell = |entry: Entry<'_>| facts(entry).is_some_and(|facts| facts.is_shell);
        Self { shells: shells(tree, inventory, is_shell), installers, programs }
    }

    /// What kind of tool an entry is, or `None`: `shell`, `package-manager`.
    #[must_use]
    pub fn kind(&self, node: NodeId) -> Option<&'static str> {
        if self.installers.contains_key(&node) || self.programs.contains(&node) {
            Some("package-manager")
        } else {
            self.shells.contains(&node).then_some("shell")
        }
    }

    /// The shells.
    pub fn shells(&self) -> impl Iterator<Item = NodeId> {
        self.shells.iter().copied()
    }

    /// The code that installs packages, and the ecosystem that these are of. One module of a package of a language stands
    /// for all of it.
    pub fn installers(&self) -> impl Iterator<Item = (NodeId, &'static str)> {
        self.installers.iter().map(|(node, of)| (*node, *of))
    }
}

fn is_executable(entry: Entry<'_>) -> bool {
    entry.is_file() && entry.mode() & 0o111 != 0
}

fn database(named: &[usize], is_wanted: impl Fn(&Database) -> bool) -> Option<&'static Database> {
    named.iter().map(|at| &DATABASES[*at]).find(|database| is_wanted(database))
}

/// Programs, or modules of languages, that install packages.
///
/// That is code which names the database of packages: of a distribution when it is machine code (itself or through a
/// library that it is linked with), belongs to no package, or belongs to the package that the database is of; of a
/// language in any case. A maintainer's script that looks something up in the database is none.
fn installers<'f>(
    image: &Image,
    tree: &Tree,
    inventory: &Inventory,
    databases: &impl Fn(Entry<'_>) -> &'f [usize],
) -> BTreeMap<NodeId, &'static str> {
    let loader = inventory.loader(image, tree);
    let keepers: BTreeSet<PackageId> = DATABASES
        .iter()
        .filter_map(|database| tree.get(&RootPath::root().join_as_kernel(database.directory?)))
        .flat_map(|directory| inventory.owners(directory))
        .collect();
    let mut shown: BTreeSet<PackageId> = BTreeSet::new();
    let mut found = BTreeMap::new();
    for entry in tree.walk().filter(|entry| entry.is_file()) {
        let named = databases(entry);
        if let Some(language) = database(named, Database::is_of_a_language) {
            let owner = inventory.owners(entry).next();
            if owner.is_none_or(|owner| shown.insert(owner)) {
                found.insert(entry.id(), language.of);
            }
            continue;
        }
        if !is_executable(entry) {
            continue;
        }
        let installs = match inventory.elf(entry) {
            Some(elf) if elf.is_program() => {
                let linked = loader.closure(entry).into_iter().filter_map(|link| link.found);
                let through = linked.flat_map(|library| databases(library.entry));
                named.iter().chain(through).min().copied()
            }
            Some(_) => None,
            None => {
                let mut owners = inventory.owners(entry).peekable();
                let is_its = owners.peek().is_none() || owners.any(|owner| keepers.contains(&owner));
                named.first().copied().filter(|_| is_its)
            }
        };
        if let Some(at) = installs {
            found.insert(entry.id(), DATABASES[at].of);
        }
    }
    found
}

/// Programs that are shells: those with the built-in commands of one, and those that `/etc/shells` lists (`shells(5)`).
fn shells(tree: &Tree, inventory: &Inventory, is_shell: impl Fn(Entry<'_>) -> bool) -> BTreeSet<NodeId> {
    let list = inventory.text(tree, &RootPath::root().join_as_kernel(b"etc/shells"));
    let listed: BTreeSet<NodeId> = list
        .unwrap_or_default()
        .split(|byte| *byte == b'\n')
        .filter(|line| line.starts_with(b"/"))
        .filter_map(|line| tree.resolve(&RootPath::root().join_as_kernel(line.trim_ascii())).entry)
        .map(Entry::id)
        .collect();
    tree.walk()
        .filter(|entry| is_executable(*entry) && (listed.contains(&entry.id()) || is_shell(*entry)))
        .map(Entry::id)
        .collect()
}
