//! What a package is.

use std::fmt;

use casehard_image::NodeId;
use casehard_oci::RootPath;
use serde::{Deserialize, Serialize};

use crate::Names;

/// Where a package comes from; the name is the type of its package URL (purl specification, *purl-types*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Ecosystem {
    /// Debian and what derives from it.
    Deb,
    /// Alpine, Wolfi.
    Apk,
    /// Red Hat, SUSE and what derives from them.
    Rpm,
    /// Arch.
    Alpm,
    /// OpenWrt.
    Opkg,
    /// Python.
    Pypi,
    /// Node.
    Npm,
    /// Go.
    Golang,
    /// Rust.
    Cargo,
    /// Java.
    Maven,
    /// Ruby.
    Gem,
    /// PHP.
    Composer,
    /// .NET.
    Nuget,
    /// Perl.
    Cpan,
    /// Conda.
    Conda,
    /// Bitnami's own packages.
    Bitnami,
    /// Known by what stands in its files.
    #[default]
    Generic,
}

impl Ecosystem {
    /// Every one, in order.
    pub const ALL: [Self; 17] = [
        Self::Deb,
        Self::Apk,
        Self::Rpm,
        Self::Alpm,
        Self::Opkg,
        Self::Pypi,
        Self::Npm,
        Self::Golang,
        Self::Cargo,
        Self::Maven,
        Self::Gem,
        Self::Composer,
        Self::Nuget,
        Self::Cpan,
        Self::Conda,
        Self::Bitnami,
        Self::Generic,
    ];

    /// The type in a package URL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Alpm => "alpm",
            Self::Opkg => "opkg",
            Self::Pypi => "pypi",
            Self::Npm => "npm",
            Self::Golang => "golang",
            Self::Cargo => "cargo",
            Self::Maven => "maven",
            Self::Gem => "gem",
            Self::Composer => "composer",
            Self::Nuget => "nuget",
            Self::Cpan => "cpan",
            Self::Conda => "conda",
            Self::Bitnami => "bitnami",
            Self::Generic => "generic",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ecosystem| ecosystem.as_str() == name)
    }

    /// Whether its packages are those of a distribution, which own files of languages too.
    #[must_use]
    pub const fn is_distribution(self) -> bool {
        matches!(self, Self::Deb | Self::Apk | Self::Rpm | Self::Alpm | Self::Opkg)
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which package of an inventory: its index in [`Inventory::packages`](crate::Inventory::packages).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

impl PackageId {
    /// The index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One piece of software in an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Package {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name as its ecosystem spells it; Maven's is `group:artifact`, npm's may have a scope.
    pub name: String,
    /// Its version, with an epoch where the ecosystem has one; empty when unknown.
    pub version: String,
    /// Its package URL.
    pub purl: String,
    /// The processor it is for, in the ecosystem's words.
    pub architecture: Option<String>,
    /// What it was built from, when that has another name or version.
    pub source: Option<SourcePackage>,
    /// Licences as it states them; SPDX expressions where it states such.
    pub licenses: Vec<String>,
    /// What it needs.
    pub depends: Vec<Dependency>,
    /// Further names it answers to.
    pub provides: Vec<Requirement>,
    /// dpkg's `Essential` (or `Protected`): the system counts on it.
    pub essential: bool,
    /// dpkg's `Priority`.
    pub priority: Option<String>,
    /// One line of what it is.
    pub summary: Option<String>,
    /// Who made or packaged it.
    pub supplier: Option<String>,
    /// Where to read about it.
    pub homepage: Option<String>,
    /// The entries of the tree that are its own, sorted; directories among them.
    pub files: Vec<NodeId>,
    /// Files it lists that are not in the tree, sorted.
    pub missing: Vec<RootPath>,
    /// How much of it is there.
    pub presence: Presence,
    /// Its files that a person may have changed, as listed.
    pub config_files: Vec<RootPath>,
    /// Digests of its files, as the package database states them, sorted.
    pub digests: Vec<(NodeId, FileDigest)>,
    /// What the package manager keeps about it alone (dpkg's `info/NAME.*`), sorted.
    pub records: Vec<NodeId>,
    /// The file it was found in.
    pub found_in: Option<NodeId>,
    /// Where in that file, when it is an archive of archives: `BOOT-INF/lib/x.jar`.
    pub inside: Option<String>,
    /// Its record in the package database (dpkg and apk stanzas), for who writes a smaller database.
    pub stanza: Option<Box<[u8]>>,
    /// The layer that brought it, from 0.
    pub layer: usize,
    /// The distribution package that has this language package's files.
    pub part_of: Option<PackageId>,
    /// What only its ecosystem has.
    pub detail: Detail,
    /// Which cataloger found it.
    pub cataloger: &'static str,
}

/// The digest of a file in a package database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileDigest {
    /// MD5: dpkg, old RPM.
    Md5([u8; 16]),
    /// SHA-1: apk.
    Sha1([u8; 20]),
    /// SHA-256: RPM, apk 3.
    Sha256([u8; 32]),
}

impl FileDigest {
    /// The digest that these hexadecimal digits are, told by how many there are.
    #[must_use]
    pub fn from_hex(digits: &[u8]) -> Option<Self> {
        fn bytes<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
            let mut bytes = [0; N];
            for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                let digit = |digit: u8| char::from(digit).to_digit(16);
                *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
            }
            Some(bytes)
        }
        match digits.len() {
            32 => bytes(digits).map(Self::Md5),
            40 => bytes(digits).map(Self::Sha1),
            64 => bytes(digits).map(Self::Sha256),
            _ => None,
        }
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Md5(bytes) => bytes,
            Self::Sha1(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
        }
    }
}

/// What a package was built from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourcePackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How much of a package is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Every file it lists, or it lists none.
    #[default]
    Whole,
    /// Some files it lists are gone.
    Partial,
    /// It lists files, and none is there: only the record is left.
    Phantom,
}

/// How badly something is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Need {
    /// Before it can be set up (dpkg's `Pre-Depends`).
    Before,
    /// To run.
    #[default]
    Runtime,
    /// To run as most expect (dpkg's `Recommends`, npm's `peerDependencies`).
    Recommended,
    /// For a part of what it does (Python extras, npm's `optionalDependencies`).
    Optional,
}

/// Something a package needs: one of several requirements.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependency {
    /// How badly.
    pub need: Need,
    /// What would do; any one is enough.
    pub alternatives: Vec<Requirement>,
    /// When it counts, in the ecosystem's words (a PEP 508 marker).
    pub condition: Option<String>,
}

/// A package by name, and which versions of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requirement {
    /// The name, without qualifiers such as `:any`.
    pub name: String,
    /// The versions in the ecosystem's words, such as `>= 2.36`; empty for any.
    pub versions: String,
}

/// What only one ecosystem has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// A Python distribution.
    Python(Box<PythonDistribution>),
    /// An RPM package.
    Rpm(Box<RpmPackage>),
    /// What a program is by what stands in its files.
    Evidence(Box<Evidence>),
}

/// What an RPM package says beyond what others do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RpmPackage {
    /// The module it is of, as `name:stream:version:context`.
    pub modularity: Option<String>,
}

/// What is known of a program that no package manager knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Common Platform Enumeration names (CPE 2.3 formatted strings).
    pub cpes: Vec<String>,
}

/// What a Python distribution says beyond its metadata (PyPA specification *Recording installed projects*).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PythonDistribution {
    /// The program that installed it (`INSTALLER`).
    pub installer: Option<String>,
    /// Where it was installed from, when not from an index (`direct_url.json`).
    pub direct_url: Option<String>,
    /// Entry points as `group`, `name`, `module:attribute`.
    pub entry_points: Vec<(String, String, String)>,
    /// The modules it brings (`top_level.txt`), when stated.
    pub modules: Names,
    /// What it needs by `requires.txt`; it is among [`Package::depends`].
    pub requires: Vec<Dependency>,
    /// Extras that it defines.
    pub extras: Vec<String>,
}
