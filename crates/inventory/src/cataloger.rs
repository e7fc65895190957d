//! What a cataloger is.

use casehard_oci::RootPath;

use crate::{Ecosystem, FileDigest, Names, Package, PythonDistribution, elf::Peek, pattern};

/// One way to find packages: which files it reads, and a pure function from a file's bytes to what they say.
#[derive(Debug, Clone, Copy)]
pub struct Cataloger {
    /// Its name, as `--select` takes it.
    pub name: &'static str,
    /// Which files it reads.
    pub reads: Reads,
    /// The largest file it reads, in bytes; a larger one is listed as unknown.
    pub limit: u64,
    /// What its packages are.
    pub gives: Ecosystem,
    /// What a file says.
    pub parse: fn(&File<'_>, &mut Pieces),
}

/// Which files a cataloger reads.
#[derive(Debug, Clone, Copy)]
pub enum Reads {
    /// Those whose path ends in one of these: components separated by `/`, each with at most one `*`.
    Paths(&'static [&'static str]),
    /// Executables and libraries: ELF files. The function reads what `parse` will read of one, so that no more of a
    /// large one is held.
    Elf(fn(&RootPath, &Peek<'_>)),
}

impl Reads {
    /// The directory before the matched end of the path.
    pub(crate) fn matches<'a>(&self, path: &'a [u8], is_elf: bool) -> Option<&'a [u8]> {
        match self {
            Self::Paths(patterns) => patterns.iter().find_map(|one| pattern::match_end(one, path)),
            Self::Elf(_) if is_elf => Some(b""),
            Self::Elf(_) => None,
        }
    }
}

/// A file as a cataloger sees it.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Where it stands.
    pub path: &'a RootPath,
    /// Its permission bits.
    pub mode: u32,
    /// All of it.
    pub bytes: &'a [u8],
}

impl<'a> File<'a> {
    /// The last component of its path, as far as it is UTF-8.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.path.file_name().and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
    }

    /// Its bytes as text.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.bytes)
    }
}

/// What a piece is about. Pieces about the same subject make one package.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The file itself, and the number of the package in it.
    File(u32),
    /// The directory that the file stands in.
    Directory,
    /// What the database (the directory before the matched end of the path) calls by this name.
    Named(Box<[u8]>),
}

/// What a file says about a package.
#[derive(Debug, Clone)]
pub struct Piece {
    /// What it is about.
    pub subject: Subject,
    /// What it says.
    pub says: Says,
}

/// What a piece says. Paths are relative to the directory before the matched end of the file's path, unless they
/// begin with `/`.
#[derive(Debug, Clone)]
pub enum Says {
    /// There is this package. `files`, `layer` and the like are filled in when pieces are joined.
    Package(Box<Package>),
    /// These paths are its own.
    Paths(Names),
    /// These paths are its own if they are there; that they are not says nothing.
    Perhaps(Names),
    /// It has these licences.
    Licenses(Vec<String>),
    /// Everything below these directories is its own, as far as no nearer package claims it.
    Below(Names),
    /// The file that says so is its own.
    Itself,
    /// Its files have these digests.
    Digests(Box<[(Box<[u8]>, FileDigest)]>),
    /// Files of other packages stand elsewhere: from, to, and the package that is not concerned.
    Diversions(Box<[[Box<[u8]>; 3]]>),
    /// What a part of a Python distribution's metadata says; what it does not say is empty.
    Python(Box<PythonDistribution>),
}

/// What a file says, in the making.
#[derive(Debug, Default)]
pub struct Pieces {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) unknown: Option<String>,
}

impl Pieces {
    /// Adds a piece.
    pub fn push(&mut self, subject: Subject, says: Says) {
        self.pieces.push(Piece { subject, says });
    }

    /// Adds a package that the file alone describes; returns its subject for more.
    pub fn package(&mut self, package: Package) -> Subject {
        let number = u32::try_from(self.pieces.len()).unwrap_or(u32::MAX);
        let subject = Subject::File(number);
        self.push(subject.clone(), Says::Package(Box::new(package)));
        subject
    }

    /// States that the file, or a part of it, could not be read: a lower-case fragment that says why.
    pub fn unknown(&mut self, why: impl Into<String>) {
        self.unknown.get_or_insert(why.into());
    }
}

#[cfg(test)]
pub(crate) mod test {
    //! What tests of catalogers share.

    use super::*;

    /// What a file says.
    pub fn pieces(cataloger: &Cataloger, path: &str, bytes: &[u8]) -> Vec<Piece> {
        let path = path.parse().unwrap();
        assert!(cataloger.reads.matches(RootPath::as_bytes(&path), true).is_some(), "{path} is not read");
        let mut out = Pieces::default();
        (cataloger.parse)(&File { path: &path, mode: 0o644, bytes }, &mut out);
        out.pieces
    }

    /// The packages that a file states.
    pub fn packages(cataloger: &Cataloger, path: &str, bytes: &[u8]) -> Vec<Package> {
        let package = |piece: Piece| match piece.says {
            Says::Package(package) => Some(*package),
            _ => None,
        };
        pieces(cataloger, path, bytes).into_iter().filter_map(package).collect()
    }
}
