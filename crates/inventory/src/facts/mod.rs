//! What is kept about a file's content beyond packages.

mod javascript;
mod node;
mod paths;
mod perl;
mod pickle;
mod python;
mod ruby;
mod script;
mod source;

use std::sync::Arc;

use casehard_oci::RootPath;

pub use node::NodeManifest;
pub use python::{Import, PythonSource, When};
pub use script::Script;
pub use source::{Language, Source};

use crate::{
    Names,
    elf::{Elf, LoaderCache},
    pattern,
};

/// How much is drawn from files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Packages, how ELF files are linked, first lines of scripts and small configuration: what says what is there.
    Packages,
    /// Also what sources, manifests and constants name: what says what is needed.
    #[default]
    Needs,
}

/// What is kept about a file's content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FileFacts {
    /// It is an ELF file.
    pub elf: Option<Box<Elf>>,
    /// It begins with `#!`.
    pub script: Option<Box<Script>>,
    /// It is Python source: by its name, or by its `#!` line.
    pub python: Option<PythonSource>,
    /// It is Perl, Ruby or JavaScript: by its name, or by its `#!` line.
    pub source: Option<Box<Source>>,
    /// It is a JAR file whose manifest has a `Class-Path` (JAR file specification): the paths it names.
    pub class_path: Option<Names>,
    /// It is a Node `package.json`.
    pub node: Option<Box<NodeManifest>>,
    /// It is configuration below `/etc` that names these absolute paths.
    pub paths: Option<Names>,
    /// It is `ld.so.cache`.
    pub loader_cache: Option<Arc<LoaderCache>>,
    /// All of it: small configuration that says what else is needed (see [`keeps_text`]).
    pub text: Option<Box<[u8]>>,
}

impl FileFacts {
    /// Draws facts from a file. `bytes` are all of it.
    #[must_use]
    pub fn read(path: &RootPath, bytes: &[u8], depth: Depth) -> Self {
        let mut facts = Self::default();
        if Elf::is_elf(bytes) {
            let read = if depth == Depth::Needs { Elf::read } else { Elf::linkage };
            facts.elf = read(bytes).map(Box::new);
            return facts;
        }
        facts.script = Script::read(bytes).map(Box::new);
        if path.as_bytes() == b"etc/ld.so.cache" {
            facts.loader_cache = LoaderCache::parse(bytes).map(Arc::new);
        }
        if bytes.len() as u64 <= TEXT_LIMIT && keeps_text(path) {
            facts.text = Some(bytes.into());
        }
        if depth == Depth::Needs {
            facts.read_needs(path, bytes);
        }
        facts
    }

    /// What a source, a manifest or configuration names.
    fn read_needs(&mut self, path: &RootPath, bytes: &[u8]) {
        let name = path.file_name().unwrap_or_default();
        let facts = self;
        let is_python_script = facts.script.as_ref().is_some_and(|script| script.is_python());
        if bytes.len() as u64 <= SOURCE_LIMIT && (is_python_source(name) || is_python_script) {
            facts.python = Some(PythonSource::read(bytes));
        } else if bytes.len() as u64 <= SOURCE_LIMIT && pickle::is_pickle(bytes) {
            facts.python = pickle::globals(bytes).map(PythonSource::of_globals);
        }
        let program = facts.script.as_ref().map(|script| script.program());
        if bytes.len() as u64 <= SOURCE_LIMIT
            && let Some(language) = Source::language(name, program)
        {
            facts.source = Some(Box::new(Source::read(language, bytes)));
        }
        if bytes.len() as u64 <= TEXT_LIMIT && is_configuration(path) {
            facts.paths = paths::read(bytes);
        }
        if name.ends_with(b".jar") {
            facts.class_path = crate::catalogers::class_path(bytes);
        }
        if name == b"package.json" {
            facts.node = NodeManifest::read(bytes).map(Box::new);
        }
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The largest ELF file that is read, in bytes.
pub const ELF_LIMIT: u64 = 512 << 20;
/// The largest source or manifest of which facts are kept, in bytes.
pub const SOURCE_LIMIT: u64 = 8 << 20;
/// The largest text that is kept whole, in bytes.
pub const TEXT_LIMIT: u64 = 256 << 10;

/// How much of a file is wanted for its facts, in bytes: 0 when nothing is.
#[must_use]
pub(crate) fn wanted(path: &RootPath, start: &[u8], depth: Depth) -> u64 {
    let name = path.file_name().unwrap_or_default();
    let is_source =
        || is_python_source(name) || Source::language(name, None).is_some() || name == b"package.json";
    if Elf::is_elf(start) {
        ELF_LIMIT
    } else if start.starts_with(b"#!")
        || path.as_bytes() == b"etc/ld.so.cache"
        || (depth == Depth::Needs && (is_source() || pickle::is_pickle(start)))
    {
        SOURCE_LIMIT
    } else if keeps_text(path) || (depth == Depth::Needs && is_configuration(path)) {
        TEXT_LIMIT
    } else {
        0
    }
}

/// Files below `/etc` but for the many that are certificates.
fn is_configuration(path: &RootPath) -> bool {
    path.as_bytes().starts_with(b"etc/") && !path.as_bytes().starts_with(b"etc/ssl/certs/")
}

fn is_python_source(name: &[u8]) -> bool {
    name.ends_with(b".py") || name.ends_with(b".pyw")
}

/// Whether a file is kept whole: what the loader, name lookup, PAM, OpenSSL, Python start-up and the like read to
/// learn what else they need.
#[must_use]
pub fn keeps_text(path: &RootPath) -> bool {
    const AT: &[&str] = &[
        "etc/os-release",
        "usr/lib/os-release",
        "etc/passwd",
        "etc/group",
        "etc/shadow",
        "etc/nsswitch.conf",
        "etc/ld.so.conf",
        "etc/ld.so.preload",
        "etc/alpine-release",
        "etc/apk/repositories",
        "etc/debian_version",
        "etc/timezone",
        "etc/shells",
        "etc/host.conf",
        "etc/environment",
        "etc/sudoers",
        "etc/doas.conf",
        "etc/apt/sources.list",
        "etc/crypto-policies/config",
        "etc/dnf/dnf.conf",
        "etc/yum.conf",
        "etc/ssl/openssl.cnf",
        "usr/lib/ssl/openssl.cnf",
        "etc/pki/tls/openssl.cnf",
    ];
    const ENDS: &[&str] = &[
        "etc/ld.so.conf.d/*",
        "etc/ld-musl-*.path",
        "etc/pam.d/*",
        "etc/sudoers.d/*",
        "etc/apt/sources.list.d/*",
        "etc/apt/apt.conf.d/*",
        "etc/yum.repos.d/*.repo",
        "gconv/gconv-modules",
        "root/buildinfo/content_manifests/*.json",
        "usr/share/buildinfo/*.json",
        "gconv/gconv-modules.d/*",
        "pyvenv.cfg",
        "Gemfile.lock",
        "gems.locked",
        "composer/installed.json",
        "*.pth",
        "*._pth",
    ];
    let bytes = path.as_bytes();
    AT.iter().any(|at| at.as_bytes() == bytes)
        || ENDS.iter().any(|end| pattern::match_end(end, bytes).is_some())
}
