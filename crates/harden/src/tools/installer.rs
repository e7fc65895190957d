//! Which code installs packages: code that names the database in which installers record what they installed.

use std::sync::LazyLock;

use casehard_oci::RootPath;
use memchr::memmem::Finder;

/// A database of installed packages.
pub(super) struct Database {
    /// Whose installers write it: the name of an ecosystem.
    pub of: &'static str,
    /// Its directory, where there is one for the whole system.
    pub directory: Option<&'static [u8]>,
    /// What code that writes it names, all of it.
    names: &'static [&'static [u8]],
    /// What such code is written in.
    code: Code,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    /// Machine code or a script of any language.
    Program,
    /// A module with one of these endings.
    Module(&'static [&'static [u8]]),
}

const PYTHON: Code = Code::Module(&[b".py"]);
const SCRIPT: Code = Code::Module(&[b".js", b".cjs", b".mjs"]);
const RUBY: Code = Code::Module(&[b".rb"]);

const fn system(of: &'static str, directory: &'static [u8], names: &'static [&'static [u8]]) -> Database {
    Database { of, directory: Some(directory), names, code: Code::Program }
}

const fn language(of: &'static str, names: &'static [&'static [u8]], code: Code) -> Database {
    Database { of, directory: None, names, code }
}

impl Database {
    /// Whether it is of the packages of a language, which have their databases wherever they stand.
    pub fn is_of_a_language(&self) -> bool {
        self.directory.is_none()
    }
}

/// The databases that package managers write: those of distributions by their directory, those of languages by the files
/// that only installers have to do with (`INSTALLER` of the Python packaging specification "Recording installed
/// projects", the hidden lock files of Node.js installers, the log of building a gem, Composer's list).
pub(super) const DATABASES: &[Database] = &[
    system("deb", b"var/lib/dpkg", &[b"/var/lib/dpkg"]),
    system("deb", b"var/lib/apt", &[b"/var/lib/apt"]),
    system("apk", b"lib/apk", &[b"lib/apk/db"]),
    system("rpm", b"var/lib/rpm", &[b"/var/lib/rpm"]),
    system("rpm", b"usr/lib/sysimage/rpm", &[b"/lib/sysimage/rpm"]),
    system("pacman", b"var/lib/pacman", &[b"/var/lib/pacman"]),
    language("pypi", &[b"INSTALLER", b"dist-info"], PYTHON),
    language("npm", &[b".package-lock.json"], SCRIPT),
    language("npm", &[b".yarn-integrity"], SCRIPT),
    language("npm", &[b".modules.yaml"], SCRIPT),
    language("gem", &[b"gem_make.out"], RUBY),
    language("composer", &[b"installed.json", b"composer.lock"], Code::Program),
];

/// The databases that code names, by their place in [`DATABASES`]; none for what is no code.
pub(super) fn databases(path: &RootPath, bytes: &[u8]) -> Vec<usize> {
    let name = path.file_name().unwrap_or_default();
    let is_program = bytes.starts_with(b"\x7fELF") || bytes.starts_with(b"#!");
    let is_code = |code: Code| match code {
        Code::Program => is_program,
        Code::Module(endings) => is_program || endings.iter().any(|ending| name.ends_with(ending)),
    };
    static NAMES: LazyLock<Vec<Vec<Finder<'_>>>> = LazyLock::new(|| {
        DATABASES.iter().map(|database| database.names.iter().map(Finder::new).collect()).collect()
    });
    let are_there = |names: &[Finder<'_>]| names.iter().all(|name| name.find(bytes).is_some());
    let named = DATABASES
        .iter()
        .zip(NAMES.iter())
        .map(|(database, names)| is_code(database.code) && are_there(names));
    named.enumerate().filter(|(_, is_named)| *is_named).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, bytes: &[u8]) -> Vec<&'static str> {
        let path = RootPath::parse(path.as_bytes()).unwrap();
        databases(&path, bytes).into_iter().map(|at| DATABASES[at].of).collect()
    }

    #[test]
    fn code_that_names_a_database_is_an_installer_and_text_is_not() {
        assert_eq!(found("/opt/renamed", b"\x7fELF...\0/var/lib/dpkg\0status\0"), ["deb"]);
        assert_eq!(found("/usr/share/doc/x", b"see /var/lib/dpkg/status"), [""; 0]);
        assert_eq!(found("/p/wheel.py", b"path = f'{x}.dist-info'; write('INSTALLER')"), ["pypi"]);
        assert_eq!(found("/p/metadata.py", b"path = f'{x}.dist-info'; read('RECORD')"), [""; 0]);
        assert_eq!(found("/n/a.js", b"join(nm, '.package-lock.json')"), ["npm"]);
        assert_eq!(found("/n/package.json", b"{\".package-lock.json\": 1}"), [""; 0]);
        assert_eq!(found("/usr/sbin/apk", b"\x7fELF lib/apk/db/installed"), ["apk"]);
    }
}
