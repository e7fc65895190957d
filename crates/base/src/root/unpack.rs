//! Reading package files: what they install, and facts about it that later steps need.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use casehard_oci::RootPath;
use md5::{Digest as _, Md5};

use crate::{
    Progress,
    deb::{Deb, DebError, Stanza, stanzas},
    facts::{Library, large_library, library},
};

/// A shared library larger than this is not held as a whole.
const LARGE: u64 = 16 << 20;

/// What a tar entry of a package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File {
        size: u64,
    },
    Directory,
    Symlink(Vec<u8>),
    /// Another name of the file at this path of the same package.
    Hardlink(RootPath),
    /// Devices and pipes, which packages do not ship.
    Other,
}

/// A tar entry of a package; its place in the list is its number.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) path: RootPath,
    pub(crate) kind: EntryKind,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: i64,
}

/// A package that has been read.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) deb: Deb,
    /// Its control file.
    pub(crate) control: Stanza,
    /// The files of its control part.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What it installs.
    pub(crate) entries: Vec<Entry>,
    /// MD5 of its configuration files, and of every file when the package brings no list: what `dpkg` records.
    pub(crate) md5: BTreeMap<u32, [u8; 16]>,
    /// Shared libraries among what it installs, by number.
    pub(crate) libraries: BTreeMap<u32, Library>,
}

impl Unpacked {
    /// A file of the control part as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.files.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Its configuration files, as its control part lists them.
    pub(crate) fn conffiles(&self) -> BTreeSet<RootPath> {
        let list = self.text("conffiles").unwrap_or_default();
        // `remove-on-upgrade PATH` names one that is not there any more.
        let lines = list.lines().map(str::trim).filter(|line| line.starts_with('/'));
        lines.filter_map(|line| RootPath::parse(line.as_bytes()).ok()).collect()
    }
}

/// Reads package files, several at a time, in the order given.
pub(crate) fn unpack(paths: &[(PathBuf, u64)], progress: &dyn Progress) -> Result<Vec<Unpacked>, DebError> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Result<Unpacked, DebError>>>> =
        Mutex::new(std::iter::repeat_with(|| None).take(paths.len()).collect());
    let work = || {
        while let Some((path, size)) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let at = paths.iter().position(|(other, _)| other == path).unwrap_or_default();
            let result = read(path);
            progress.advance(*size);
            results.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(result);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(paths.len()) {
            scope.spawn(work);
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

fn read(path: &Path) -> Result<Unpacked, DebError> {
    let deb = Deb::open(path)?;
    let files = deb.control()?;
    let form = |what| DebError::Form { path: path.to_owned(), what };
    let control = files.get("control").ok_or_else(|| form("its control part has no control file"))?;
    let control = std::str::from_utf8(control).map_err(|_| form("its control file is not UTF-8"))?;
    let control = stanzas(control)
        .next()
        .and_then(Result::ok)
        .ok_or_else(|| form("its control file is not of the grammar"))?;
    let mut package = Unpacked {
        deb: deb.clone(),
        control,
        files,
        entries: Vec::new(),
        md5: BTreeMap::new(),
        libraries: BTreeMap::new(),
    };
    let conffiles = package.conffiles();
    let hash_all = !package.files.contains_key("md5sums");
    let mut archive = deb.data()?;
    for tar_entry in archive.entries().map_err(|error| deb.error(error))? {
        let mut tar_entry = tar_entry.map_err(|error| deb.error(error))?;
        let entry = entry(&tar_entry).map_err(|error| deb.error(error))?;
        let number = u32::try_from(package.entries.len()).map_err(|_| form("it has too many files"))?;
        if let EntryKind::File { size } = entry.kind {
            let name = entry.path.file_name().unwrap_or_default();
            let hashed = hash_all || conffiles.contains(&entry.path);
            let is_library = name.windows(3).any(|window| window == b".so");
            if is_library && size > LARGE && !hashed {
                let library = large_library(&mut tar_entry).map_err(|error| deb.error(error))?;
                package.libraries.extend(library.map(|library| (number, library)));
            } else if is_library {
                let mut bytes = Vec::with_capacity(usize::try_from(size.min(LARGE)).unwrap_or_default());
                tar_entry.read_to_end(&mut bytes).map_err(|error| deb.error(error))?;
                package.libraries.extend(library(&bytes).map(|library| (number, library)));
                if hashed {
                    package.md5.insert(number, Md5::digest(&bytes).into());
                }
            } else if hashed {
                let mut hasher = Md5::new();
                let mut buffer = vec![0; 1 << 16];
                loop {
                    match tar_entry.read(&mut buffer).map_err(|error| deb.error(error))? {
                        0 => break,
                        length => hasher.update(&buffer[..length]),
                    }
                }
                package.md5.insert(number, hasher.finalize().into());
            }
        }
        package.entries.push(entry);
    }
    Ok(package)
}

fn entry<R: Read>(entry: &tar::Entry<'_, R>) -> io::Result<Entry> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    let header = entry.header();
    let link = || entry.link_name_bytes().map(std::borrow::Cow::into_owned).unwrap_or_default();
    let kind = match header.entry_type() {
        tar::EntryType::Regular | tar::EntryType::Continuous => EntryKind::File { size: entry.size() },
        tar::EntryType::Directory => EntryKind::Directory,
        tar::EntryType::Symlink => EntryKind::Symlink(link()),
        tar::EntryType::Link => EntryKind::Hardlink(RootPath::parse(&link()).map_err(invalid)?),
        _ => EntryKind::Other,
    };
    let number = |number: io::Result<u64>| number.map(|number| u32::try_from(number).unwrap_or(0));
    Ok(Entry {
        path: RootPath::parse(&entry.path_bytes()).map_err(invalid)?,
        kind,
        mode: header.mode()? & 0o7777,
        uid: number(header.uid())?,
        gid: number(header.gid())?,
        mtime: i64::try_from(header.mtime()?).unwrap_or(i64::MAX),
    })
}
