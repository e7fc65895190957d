//! A plan: everything that hardening does to an image, with the reason of each part.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use casehard_oci::{Digest, ImageConfig, RootPath};
use casehard_profile::{Access, Phase};
use serde::{Deserialize, Serialize};

use crate::{Level, runtime::Runtime};

/// Everything that hardening does to an image. The same inputs give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Always `casehard.plan/1`.
    pub schema: String,
    /// The manifest of the image it is for.
    pub image: Digest,
    /// Its configuration.
    pub image_config: Digest,
    /// How far it goes.
    pub level: Level,
    /// Each path that stays, and why.
    pub keep: BTreeMap<RootPath, Arc<[Reason]>>,
    /// Each path that goes, and why.
    pub remove: BTreeMap<RootPath, Removal>,
    /// Each path whose owner, mode or attributes change.
    pub changes: BTreeMap<RootPath, Change>,
    /// Each path that is put in, new or in place of one.
    pub additions: BTreeMap<RootPath, Addition>,
    /// What becomes of each package.
    pub packages: Vec<PackagePlan>,
    /// What changes in the configuration.
    pub settings: Vec<Setting>,
    /// The new configuration, its layers left out.
    pub config: ImageConfig,
    /// The controls that the result is meant to run under.
    pub runtime: Runtime,
    /// What the person who decides should know.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Whether another plan makes the same image that runs in the same way, whatever its reasons are.
    #[must_use]
    pub fn makes_the_same(&self, other: &Self) -> bool {
        self.keep.keys().eq(other.keep.keys())
            && self.changes == other.changes
            && self.additions == other.additions
            && self.config == other.config
            && self.runtime == other.runtime
    }
}

/// Why a path stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// The application used it.
    Used {
        /// In which ways.
        access: BTreeSet<Access>,
        /// By which executables.
        programs: BTreeSet<RootPath>,
        /// In which parts of the run.
        phases: BTreeSet<Phase>,
    },
    /// Something that stays needs it.
    Needed {
        /// What needs it.
        by: RootPath,
        /// By which rule.
        rule: Rule,
    },
    /// A used directory's listing stays complete.
    ListedIn {
        /// The directory.
        directory: RootPath,
    },
    /// It belongs to a package that stays whole.
    Package {
        /// The package.
        package: String,
    },
    /// It is of a package of data alone, which a used package declares to need.
    Dependency {
        /// The package that needs it.
        package: String,
    },
    /// It belongs to no package and stands beside files of the application.
    Application {
        /// The directory of the application.
        directory: RootPath,
    },
    /// The image's own configuration names it.
    Configuration {
        /// The field.
        field: String,
    },
    /// Every container needs it, or scanners do.
    Basic {
        /// What for.
        what: String,
    },
    /// Somebody asked for it.
    Asked {
        /// The line of the workload's `keep:` that names it.
        by: String,
    },
    /// A step failed without it.
    Repair {
        /// The step.
        step: String,
    },
    /// A directory that holds something that stays.
    Holds,
    /// Nothing is removed at this level but what never belongs in an image.
    Level,
}

/// A rule of the static closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// The program interpreter of an ELF file (`PT_INTERP`).
    ElfInterpreter,
    /// A library that an ELF file names (`DT_NEEDED`), found as the loader finds it.
    ElfNeeded,
    /// A library that an ELF file names in its data and that stays in reach of its loader: a `dlopen` candidate.
    ElfDlopen,
    /// The interpreter in the first line of a script.
    Shebang,
    /// The target of a symbolic link.
    LinkTarget,
    /// A symbolic link on the way to a path.
    LinkOnTheWay,
    /// A module that a Python module imports.
    PythonImport,
    /// The compiled form of a Python module that stays.
    PythonBytecode,
    /// The metadata of an installed Python distribution.
    PythonMetadata,
    /// A module that a Perl program loads.
    PerlImport,
    /// A file of a Node.js package that stays.
    NodePackage,
    /// A file of a Ruby gem that stays.
    RubyGem,
    /// A JAR or a directory of classes on a class path.
    ClassPath,
    /// A part of a Java runtime that ran.
    JavaRuntime,
    /// A file of a package that Composer's autoloader may load.
    ComposerPackage,
    /// An assembly or library of a .NET application.
    Assembly,
    /// A name service module that `nsswitch.conf` names.
    NameService,
    /// A PAM module or configuration that a used one names.
    Pam,
    /// The certificate store, of which a part was used.
    Certificates,
    /// The time zone database, of which a part was used.
    TimeZones,
    /// Fonts and their configuration, of which a part was used.
    Fonts,
    /// The locale data, of which a part was used.
    Locales,
    /// A character set conversion module.
    CharacterSets,
    /// The terminal descriptions, of which a part was used.
    Terminals,
    /// A module of OpenSSL.
    OpenSsl,
    /// A plug-in beside a used one that needs nothing new.
    PluginSibling,
    /// A program beside a used one of the same package that needs nothing new.
    ProgramSibling,
    /// The data directory of a package, of which a part was used.
    PackageData,
    /// Configuration that the loader reads.
    LoaderConfiguration,
    /// The program that code asks where libraries are.
    LoaderQuery,
    /// A part of the standard library of an interpreter that was given code on its command line.
    CodeGiven,
    /// A file that a kept configuration file names.
    NamedInConfiguration,
}

/// Why a path goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Removal {
    /// None of its package's files was used or needed.
    UnusedPackage {
        /// The package.
        package: String,
    },
    /// Its package stays, but neither the run nor a rule used this file.
    UnusedFile {
        /// The package.
        package: String,
    },
    /// It belongs to no package, and neither the run nor a rule used it.
    Unused,
    /// Such files never belong in an image.
    Debris {
        /// What kind.
        class: String,
    },
    /// A shell or a package manager that nothing used.
    Tool {
        /// Which of the two: `shell`, `package-manager`.
        kind: String,
    },
    /// It only makes sense with something that goes.
    Orphan {
        /// What goes.
        with: RootPath,
    },
    /// The records of a package manager that goes; what they say stands elsewhere now.
    PackageManagerState,
    /// Somebody asked for it.
    Asked {
        /// The line of the workload's `drop:` that names it.
        by: String,
    },
    /// A directory of which nothing is left.
    Empty,
}

/// What changes about a path that stays; what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Change {
    /// New permission bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// New owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// New group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Whether file capabilities are taken away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drop_capabilities: bool,
    /// Why.
    pub why: Vec<String>,
}

/// What is put into the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addition {
    /// What it is.
    #[serde(flatten)]
    pub what: Added,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Why.
    pub why: String,
}

/// What is put into the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Added {
    /// A text file.
    File {
        /// Its bytes.
        content: String,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Its target.
        target: String,
    },
}

/// What becomes of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackagePlan {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its kind: `deb`, `pypi`, …
    pub kind: String,
    /// Its package URL.
    pub purl: String,
    /// The package URL of the package whose files it is of: it is no further one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// What becomes of it.
    pub fate: Fate,
    /// Its files before, directories not counted.
    pub files_before: usize,
    /// Its files after.
    pub files_after: usize,
    /// The bytes of its files before.
    pub bytes_before: u64,
    /// The bytes of its files after.
    pub bytes_after: u64,
    /// Why, in one sentence.
    pub why: String,
    /// A few of its files that stay on their own account, what was used first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_by: Vec<RootPath>,
}

/// What becomes of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It stays, but for what never belongs in an image.
    Kept,
    /// Some of its files stay; it stays in every list of packages.
    Partial,
    /// None of its files is left.
    Removed,
}

/// A change of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The field, such as `config.User`.
    pub field: String,
    /// What it was.
    pub before: String,
    /// What it becomes.
    pub after: String,
    /// Why.
    pub why: String,
}

/// What the person who decides should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// What it is about: `user`, `secrets`, `blind`, …
    pub about: String,
    /// The remark.
    pub text: String,
}
