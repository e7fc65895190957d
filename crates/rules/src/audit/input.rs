//! An image with everything that its rules look at.

use casehard_finding::Location;
use casehard_image::{Entry, Image, Tree};
use casehard_inventory::Inventory;
use casehard_oci::{Container, RootPath};

use super::{Account, FileContents, Start, accounts};
use crate::Settings;

/// An image with everything that its rules look at.
pub(crate) struct Input<'a> {
    pub(crate) image: &'a Image,
    /// What a person called it.
    pub(crate) name: &'a str,
    pub(crate) tree: &'a Tree,
    pub(crate) inventory: &'a Inventory,
    /// What the contents of files hold.
    pub(crate) contents: &'a FileContents,
    pub(crate) settings: &'a Settings,
    /// The accounts of `/etc/passwd`.
    pub(crate) accounts: Vec<Account>,
    /// What is started.
    pub(crate) start: Start<'a>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(
        image: &'a Image,
        tree: &'a Tree,
        inventory: &'a Inventory,
        contents: &'a FileContents,
        settings: &'a Settings,
    ) -> Self {
        let passwd = RootPath::root().join_as_kernel(b"etc/passwd");
        let accounts = inventory.text(tree, &passwd).map(accounts::accounts).unwrap_or_default();
        let start = Start::of(&image.config().config, tree, inventory);
        Self { image, name: image.name(), tree, inventory, contents, settings, accounts, start }
    }

    pub(crate) fn container(&self) -> &'a Container {
        &self.image.config().config
    }

    /// The number the application runs as; `None` when a name cannot be found.
    pub(crate) fn uid(&self) -> Option<u32> {
        let name = self.container().user.split(':').next().unwrap_or_default();
        if name.is_empty() {
            return Some(0);
        }
        name.parse()
            .ok()
            .or_else(|| self.accounts.iter().find(|account| account.name == name).map(|account| account.uid))
    }

    /// The number of the group that the application runs as; `None` when it cannot be told.
    pub(crate) fn gid(&self) -> Option<u32> {
        let (user, group) = self.container().user.split_once(':').unwrap_or((&self.container().user, ""));
        if !group.is_empty() {
            return group.parse().ok();
        }
        let uid = self.uid()?;
        let named = self.accounts.iter().find(|account| account.name == user || account.uid == uid);
        Some(named.map_or(0, |account| account.gid))
    }

    /// Whether the application's user may write an entry by its mode; root needs no mode.
    pub(crate) fn may_write(&self, entry: Entry<'_>) -> bool {
        let mode = entry.mode();
        match self.uid() {
            Some(0) => false,
            Some(uid) if uid == entry.uid() => mode & 0o200 != 0,
            _ if self.gid() == Some(entry.gid()) => mode & 0o020 != 0,
            _ => mode & 0o002 != 0,
        }
    }

    /// Whether the application's user may put something else at the place of an entry: it writes the entry, or a
    /// directory above it from which it may take the next.
    pub(crate) fn may_replace(&self, entry: Entry<'a>) -> bool {
        let uid = self.uid();
        let mut below = entry;
        let mut found = self.may_write(entry);
        while let Some(folder) = below.parent().filter(|_| !found) {
            let sticky = folder.mode() & 0o1000 != 0;
            let owns = uid.is_some_and(|uid| uid != 0 && (uid == below.uid() || uid == folder.uid()));
            found = self.may_write(folder) && (!sticky || owns);
            below = folder;
        }
        found
    }

    /// Whether a path lies in a volume, whose content is not the image's.
    pub(crate) fn is_in_volume(&self, path: &str) -> bool {
        let mut volumes = self.container().volumes.keys().map(|volume| volume.trim_end_matches('/'));
        volumes.any(|volume| {
            path.strip_prefix(volume).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The entry at a path, links followed.
    pub(crate) fn at(&self, path: &str) -> Option<Entry<'a>> {
        self.tree.resolve(&RootPath::root().join_as_kernel(path.trim_start_matches('/').as_bytes())).entry
    }

    /// The text of a small file that the inventory keeps.
    pub(crate) fn text(&self, path: &str) -> Option<&'a [u8]> {
        self.inventory
            .text(self.tree, &RootPath::root().join_as_kernel(path.trim_start_matches('/').as_bytes()))
    }

    /// The directories that `PATH` names, or those that a runtime takes without it.
    pub(crate) fn search_path(&self) -> Vec<&'a str> {
        let path = self
            .container()
            .env("PATH")
            .unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        path.split(':').collect()
    }

    /// Executable files in the directories of `PATH` and of the system, by name.
    pub(crate) fn programs(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let mut folders: Vec<Entry<'a>> = Vec::new();
        let usual = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        for path in self.search_path().into_iter().chain(usual) {
            if let Some(entry) = self
                .at(path)
                .filter(|entry| entry.is_directory() && !folders.iter().any(|other| other.id() == entry.id()))
            {
                folders.push(entry);
            }
        }
        folders.into_iter().flat_map(Entry::children)
    }

    /// A program of one of these names.
    pub(crate) fn program_named(&self, names: &[&str]) -> Vec<Entry<'a>> {
        self.programs()
            .filter(|entry| !entry.is_directory() && names.iter().any(|name| name.as_bytes() == entry.name()))
            .collect()
    }
}

/// The place of an entry.
pub(crate) fn place(entry: Entry<'_>) -> Location {
    Location::Path { path: entry.path(), layer: Some(entry.layer()) }
}

/// A field of the container's configuration.
pub(crate) fn config(name: &str) -> Location {
    Location::Config { field: format!("config.{name}") }
}

/// The place of a path that may be absent.
pub(crate) fn field(path: &str) -> Location {
    let path = RootPath::root().join_as_kernel(path.trim_start_matches('/').as_bytes());
    Location::Path { path, layer: None }
}
