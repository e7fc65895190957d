//! What is in an image.

use casehard_image::{Entry, Facts, Image, NodeId, Tree};
use casehard_oci::RootPath;

use crate::{
    Ecosystem, FileFacts, NodeManifest, OsRelease, Package, PackageId, PythonSource, Script, Source,
    elf::{Elf, Loader, LoaderCache},
};

/// What is in an image: packages, whose each file is, and what files say.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inventory {
    /// The packages, sorted by ecosystem, name, version and the file they were found in.
    pub packages: Vec<Package>,
    /// What the image says it is.
    pub os_release: Option<OsRelease>,
    /// What could not be read, sorted by path.
    pub unknowns: Vec<Unknown>,
    pub(crate) facts: Facts<FileFacts>,
    /// Sorted by entry.
    pub(crate) owners: Vec<(NodeId, PackageId)>,
}

/// A file that could not be read as what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// The file.
    pub path: RootPath,
    /// Why: a lower-case fragment.
    pub why: String,
}

impl Inventory {
    /// A package.
    ///
    /// # Panics
    /// When the id is of another inventory.
    #[must_use]
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.index()]
    }

    /// The packages with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (PackageId, &Package)> {
        (0..).map(PackageId).zip(&self.packages)
    }

    /// The packages of that name in an ecosystem.
    pub fn named<'a>(
        &'a self,
        ecosystem: Ecosystem,
        name: &'a str,
    ) -> impl Iterator<Item = (PackageId, &'a Package)> {
        self.iter().filter(move |(_, package)| package.ecosystem == ecosystem && package.name == name)
    }

    /// The packages that an entry belongs to: one for most files, several for directories and for what a language
    /// package and a distribution package share.
    pub fn owners(&self, entry: Entry<'_>) -> impl Iterator<Item = PackageId> + '_ {
        let id = entry.id();
        let start = self.owners.partition_point(|(node, _)| *node < id);
        self.owners[start..].iter().take_while(move |(node, _)| *node == id).map(|(_, package)| *package)
    }

    /// The files, links and devices that no package owns, in the tree's order.
    pub fn unowned<'a>(&'a self, tree: &'a Tree) -> impl Iterator<Item = Entry<'a>> {
        tree.walk().filter(|entry| !entry.is_directory() && self.owners(*entry).next().is_none())
    }

    /// What is kept about a file's content.
    #[must_use]
    pub fn facts(&self, entry: Entry<'_>) -> Option<&FileFacts> {
        entry.is_file().then(|| self.facts.get(entry)).flatten()
    }

    /// What an ELF file says.
    #[must_use]
    pub fn elf(&self, entry: Entry<'_>) -> Option<&Elf> {
        self.facts(entry)?.elf.as_deref()
    }

    /// Which program runs a script.
    #[must_use]
    pub fn script(&self, entry: Entry<'_>) -> Option<&Script> {
        self.facts(entry)?.script.as_deref()
    }

    /// What Python source imports; nothing after a [`survey`](crate::survey).
    #[must_use]
    pub fn python(&self, entry: Entry<'_>) -> Option<&PythonSource> {
        self.facts(entry)?.python.as_ref()
    }

    /// What a source file of Perl, Ruby or JavaScript loads; nothing after a [`survey`](crate::survey).
    #[must_use]
    pub fn source(&self, entry: Entry<'_>) -> Option<&Source> {
        self.facts(entry)?.source.as_deref()
    }

    /// What a Node `package.json` says.
    #[must_use]
    pub fn node(&self, entry: Entry<'_>) -> Option<&NodeManifest> {
        self.facts(entry)?.node.as_deref()
    }

    /// The text of a small configuration file, its path followed through links (see [`crate::keeps_text`]).
    #[must_use]
    pub fn text(&self, tree: &Tree, path: &RootPath) -> Option<&[u8]> {
        self.facts(tree.resolve(path).entry?)?.text.as_deref()
    }

    /// The content sets (repositories) that the packages of an image by Red Hat are from: its content manifests, one for
    /// each layer it was built in. Sorted.
    #[must_use]
    pub fn content_sets(&self, tree: &Tree) -> Vec<String> {
        let folders = ["root/buildinfo/content_manifests", "usr/share/buildinfo"];
        let folders = folders.iter().filter_map(|folder| {
            tree.resolve(&RootPath::root().join_as_kernel(folder.as_bytes()))
                .entry
                .filter(|entry| entry.is_directory())
        });
        let mut sets = Vec::new();
        for entry in folders.flat_map(Entry::children) {
            let Some(text) = self.facts(entry).and_then(|facts| facts.text.as_deref()) else { continue };
            let Ok(document) = serde_json::from_slice::<serde_json::Value>(text) else { continue };
            let stated =
                document.get("content_sets").and_then(serde_json::Value::as_array).into_iter().flatten();
            sets.extend(stated.filter_map(|set| set.as_str().map(str::to_owned)));
        }
        sets.sort();
        sets.dedup();
        sets
    }

    /// What `etc/ld.so.cache` says.
    #[must_use]
    pub fn loader_cache(&self, tree: &Tree) -> Option<&LoaderCache> {
        let entry = tree.resolve(&RootPath::root().join_as_kernel(b"etc/ld.so.cache")).entry?;
        self.facts(entry)?.loader_cache.as_deref()
    }

    /// What answers as the loader of the image would, started with the environment of its configuration.
    #[must_use]
    pub fn loader<'a>(&'a self, image: &Image, tree: &'a Tree) -> Loader<'a> {
        let musl_path = tree.resolve(&RootPath::root().join_as_kernel(b"etc")).entry.and_then(|etc| {
            let is_path = |name: &[u8]| name.starts_with(b"ld-musl-") && name.ends_with(b".path");
            let entry =
                etc.is_directory().then(|| etc.children().find(|entry| is_path(entry.name()))).flatten()?;
            self.facts(entry)?.text.as_deref()
        });
        let library_path = image.config().config.env("LD_LIBRARY_PATH");
        Loader::new(tree, |entry| self.elf(entry), library_path, self.loader_cache(tree), musl_path)
    }
}
