//! What a recipe says.

use std::{collections::BTreeMap, path::PathBuf};

use casehard_oci::{Healthcheck, RootPath};

/// What the root begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// A normal Debian root: essential and required packages and `apt`, with the package database of `dpkg`.
    #[default]
    Full,
    /// What is asked for and what that needs, with `var/lib/dpkg/status.d`.
    Minimal,
}

/// An image to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    /// A name for it in the layout's index.
    pub name: Option<String>,
    /// The suite (`bookworm`); with the machine's own sources: which of them are used.
    pub suite: String,
    /// The address of a mirror; without one, the machine's own sources are used.
    pub mirror: Option<String>,
    /// A keyring file for the mirror, relative to the recipe or absolute.
    pub keyring: Option<PathBuf>,
    /// Components for a mirror; `main` unless said.
    pub components: Vec<String>,
    /// Debian architecture; the machine's unless said.
    pub architecture: Option<String>,
    /// What the root begins with.
    pub flavour: Flavour,
    /// What is asked for.
    pub packages: Vec<String>,
    /// Names that count as there although nothing brings them.
    pub without: Vec<String>,
    /// Whether recommended packages come too.
    pub recommends: bool,
    /// Groups to add.
    pub groups: Vec<GroupEntry>,
    /// Users to add.
    pub users: Vec<UserEntry>,
    /// Directories to make.
    pub directories: Vec<DirectoryEntry>,
    /// Files and folders to put in, later ones over earlier ones.
    pub files: Vec<FileEntry>,
    /// Symbolic links to make.
    pub links: Vec<LinkEntry>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// The command that always runs.
    pub entrypoint: Option<Vec<String>>,
    /// Its default arguments.
    pub command: Option<Vec<String>>,
    /// Where it starts.
    pub workdir: Option<RootPath>,
    /// As whom.
    pub user: Option<String>,
    /// Ports, `8080/tcp`.
    pub ports: Vec<String>,
    /// Directories that hold data.
    pub volumes: Vec<RootPath>,
    /// How Docker tells whether it is well.
    pub healthcheck: Option<Healthcheck>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The signal that asks it to stop.
    pub stop_signal: Option<String>,
}

/// A user and a group, by name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: String,
    /// The group.
    pub group: String,
}

impl Default for Owner {
    fn default() -> Self {
        Self { user: "0".to_owned(), group: "0".to_owned() }
    }
}

/// A group to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// Its name.
    pub name: String,
    /// Its number; the next free system number unless said.
    pub gid: Option<u32>,
}

/// A user to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEntry {
    /// The name.
    pub name: String,
    /// The number; the next free system number unless said.
    pub uid: Option<u32>,
    /// The group by name; one of the user's own name and number unless said.
    pub group: Option<String>,
    /// Further groups.
    pub groups: Vec<String>,
    /// Home directory (not made).
    pub home: Option<RootPath>,
    /// Shell; none unless said.
    pub shell: Option<String>,
}

/// A directory to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// Where.
    pub path: RootPath,
    /// Whose.
    pub owner: Owner,
    /// Permission bits; 0755 unless said.
    pub mode: u32,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// This text.
    Text(String),
    /// A file, or a folder with all below it, relative to the recipe.
    Source(PathBuf),
}

/// A file or folder to put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Where.
    pub path: RootPath,
    /// What.
    pub content: FileContent,
    /// Whose.
    pub owner: Owner,
    /// Permission bits of files; unless said 0755 for what the source says is executable, else 0644.
    pub mode: Option<u32>,
}

/// A symbolic link to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEntry {
    /// Where.
    pub path: RootPath,
    /// What it says.
    pub target: String,
}
