//! Opening a store and looking things up in it.

use super::{
    Meta, StoreError,
    build::cve_number,
    bytes::{Reader, string_at},
    codec::{read_record, read_rows},
    layout::{Header, MAGIC, PREFIX, Section},
};
use crate::{
    Ecosystem,
    advisory::{Cycle, Exploited, Likelihood, Record, Row},
};
use filebuffer::FileBuffer;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    io::Read as _,
    path::{Path, PathBuf},
};

/// Where the bytes of a store are.
enum Backing {
    Mapped(FileBuffer),
    Owned(Vec<u8>),
}

/// An advisory store, open for look-ups.
pub struct Store {
    backing: Backing,
    header: Header,
    meta: Meta,
}

/// The rows of one package.
pub type PackageRows<'a> = Vec<Row<&'a str>>;

/// What a store holds, in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// What it says about itself.
    #[serde(flatten)]
    pub meta: Meta,
    /// Its size in bytes.
    pub bytes: u64,
    /// Packages with rows.
    pub packages: usize,
    /// Ids with records.
    pub ids: usize,
    /// CVEs with an EPSS score.
    pub likelihoods: usize,
    /// Ids known to be exploited.
    pub exploited: usize,
    /// Products with release cycles.
    pub products: usize,
    /// The ecosystems with rows, and the number of packages of each.
    pub ecosystems: Vec<(String, usize)>,
}

impl Store {
    /// Opens the store at `path` by mapping it. Its content is not read, and its digest not checked: see [`Store::verify`].
    ///
    /// # Errors
    /// If the file cannot be mapped, is no store, has another version, or its header is damaged.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mapped =
            FileBuffer::open(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
        Self::over(Backing::Mapped(mapped), path)
    }

    /// Whether the file at `path` begins as a store does.
    #[must_use]
    pub fn is_store(path: &Path) -> bool {
        let mut start = [0; MAGIC.len()];
        std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *MAGIC
    }

    /// Opens a store that is already in memory.
    ///
    /// # Errors
    /// If it is no store, has another version, or its header is damaged.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, StoreError> {
        Self::over(Backing::Owned(bytes), &PathBuf::from("in memory"))
    }

    fn over(backing: Backing, path: &Path) -> Result<Self, StoreError> {
        let header = Header::read(backing.bytes())
            .ok_or_else(|| StoreError::NotAStore { path: path.to_owned() })??;
        let mut store = Self { backing, header, meta: Meta::default() };
        let meta = store.section(Section::Meta);
        store.meta = serde_json::from_slice(meta)
            .map_err(|_| StoreError::Corrupt { what: "the list of sources", at: 0 })?;
        Ok(store)
    }

    /// What the store says about itself.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The SHA-256 that the file states for its content, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        hex(&self.header.digest)
    }

    /// Reads the whole file and compares its digest with the one it states.
    ///
    /// # Errors
    /// If they differ.
    pub fn verify(&self) -> Result<(), StoreError> {
        let content = self.backing.bytes().get(PREFIX..).unwrap_or_default();
        let found = hex(&Sha256::digest(content));
        if found == self.digest() {
            Ok(())
        } else {
            Err(StoreError::Digest { expected: self.digest(), found })
        }
    }

    /// The name of a source, by its index.
    #[must_use]
    pub fn source_name(&self, index: u16) -> &str {
        self.meta.sources.get(usize::from(index)).map_or("unknown", |source| &source.name)
    }

    /// What is said about the package `name` of `ecosystem`; empty if nothing is.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn rows(&self, ecosystem: &Ecosystem, name: &str) -> Result<PackageRows<'_>, StoreError> {
        let key = format!("{ecosystem}\0{}", ecosystem.fold(name));
        let Some(at) = self.find(Section::Packages, 12, &key)? else { return Ok(Vec::new()) };
        self.rows_at(at)
    }

    /// Whether any package of `ecosystem` has rows.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn covers(&self, ecosystem: &Ecosystem) -> Result<bool, StoreError> {
        let prefix = format!("{ecosystem}\0");
        let at = self.lower_bound(Section::Packages, 12, &prefix)?;
        Ok(match self.key(Section::Packages, 12, at)? {
            Some(key) => key.starts_with(&prefix),
            None => false,
        })
    }

    /// What is known about `id`.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn record(&self, id: &str) -> Result<Option<Record<&str>>, StoreError> {
        let Some(at) = self.find(Section::Ids, 12, id)? else { return Ok(None) };
        let bytes = self.entry(Section::Ids, Section::Records, at)?;
        read_record(&mut Reader::new(bytes, self.section(Section::Strings), "a record")).map(Some)
    }

    /// The ids of records that name `alias` as an alias.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn ids_with_alias(&self, alias: &str) -> Result<Vec<&str>, StoreError> {
        let mut ids = Vec::new();
        let mut at = self.lower_bound(Section::Aliases, 8, alias)?;
        while self.key(Section::Aliases, 8, at)? == Some(alias) {
            let id = self.number(Section::Aliases, at * 8 + 4)?;
            ids.push(string_at(self.section(Section::Strings), id)?);
            at += 1;
        }
        Ok(ids)
    }

    /// The entry of `id` in the catalog of known exploited vulnerabilities.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn exploited(&self, id: &str) -> Result<Option<Exploited>, StoreError> {
        let Some(at) = self.find(Section::Exploited, 12, id)? else { return Ok(None) };
        parse(self.entry(Section::Exploited, Section::ExploitedRecords, at)?).map(Some)
    }

    /// How likely `id` is to be exploited.
    #[must_use]
    pub fn likelihood(&self, id: &str) -> Option<Likelihood> {
        let wanted = cve_number(id)?;
        let bytes = self.section(Section::Epss);
        let (mut low, mut high) = (0, bytes.len() / 16);
        while low < high {
            let middle = low + (high - low) / 2;
            let (number, likelihood) = likelihood_at(bytes, middle)?;
            match number.cmp(&wanted) {
                std::cmp::Ordering::Equal => return Some(likelihood),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The release cycles of `product`, named as endoflife.date names it.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn cycles(&self, product: &str) -> Result<Vec<Cycle>, StoreError> {
        let Some(at) = self.find(Section::Cycles, 12, product)? else { return Ok(Vec::new()) };
        parse(self.entry(Section::Cycles, Section::CycleRecords, at)?)
    }

    /// What the store holds, in figures.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn status(&self) -> Result<Status, StoreError> {
        let packages = self.section(Section::Packages).len() / 12;
        let mut ecosystems: Vec<(String, usize)> = Vec::new();
        for at in 0..packages {
            let key = self.key(Section::Packages, 12, at)?.unwrap_or_default();
            let ecosystem = key.split('\0').next().unwrap_or_default();
            match ecosystems.last_mut().filter(|(last, _)| last == ecosystem) {
                Some((_, count)) => *count += 1,
                None => ecosystems.push((ecosystem.to_owned(), 1)),
            }
        }
        Ok(Status {
            meta: self.meta.clone(),
            bytes: self.backing.bytes().len() as u64,
            packages,
            ids: self.section(Section::Ids).len() / 12,
            likelihoods: self.section(Section::Epss).len() / 16,
            exploited: self.section(Section::Exploited).len() / 12,
            products: self.section(Section::Cycles).len() / 12,
            ecosystems,
        })
    }

    /// The bytes of the store, to export it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.backing.bytes()
    }

    pub(super) fn each_package(
        &self,
        mut visit: impl FnMut(&Ecosystem, &str, &Row<&str>),
    ) -> Result<(), StoreError> {
        for at in 0..self.section(Section::Packages).len() / 12 {
            let key = self.key(Section::Packages, 12, at)?.unwrap_or_default();
            let Some((ecosystem, name)) = key.split_once('\0') else { continue };
            let Some(ecosystem) = Ecosystem::parse(ecosystem) else { continue };
            for row in self.rows_at(at)? {
                visit(&ecosystem, name, &row);
            }
        }
        Ok(())
    }

    pub(super) fn each_record(&self, mut visit: impl FnMut(&str, Record<&str>)) -> Result<(), StoreError> {
        for at in 0..self.section(Section::Ids).len() / 12 {
            let id = self.key(Section::Ids, 12, at)?.unwrap_or_default();
            let bytes = self.entry(Section::Ids, Section::Records, at)?;
            visit(id, read_record(&mut Reader::new(bytes, self.section(Section::Strings), "a record"))?);
        }
        Ok(())
    }

    pub(super) fn each_exploited(&self, mut visit: impl FnMut(&str, Exploited)) -> Result<(), StoreError> {
        for at in 0..self.section(Section::Exploited).len() / 12 {
            let id = self.key(Section::Exploited, 12, at)?.unwrap_or_default();
            visit(id, parse(self.entry(Section::Exploited, Section::ExploitedRecords, at)?)?);
        }
        Ok(())
    }

    pub(super) fn each_cycles(&self, mut visit: impl FnMut(&str, Vec<Cycle>)) -> Result<(), StoreError> {
        for at in 0..self.section(Section::Cycles).len() / 12 {
            let product = self.key(Section::Cycles, 12, at)?.unwrap_or_default();
            visit(product, parse(self.entry(Section::Cycles, Section::CycleRecords, at)?)?);
        }
        Ok(())
    }

    pub(super) fn each_likelihood(&self, mut visit: impl FnMut(u64, Likelihood)) {
        let bytes = self.section(Section::Epss);
        for (number, likelihood) in (0..bytes.len() / 16).filter_map(|at| likelihood_at(bytes, at)) {
            visit(number, likelihood);
        }
    }

    fn rows_at(&self, at: usize) -> Result<PackageRows<'_>, StoreError> {
        let bytes = self.entry(Section::Packages, Section::Rows, at)?;
        read_rows(bytes, self.section(Section::Strings))
    }

    fn section(&self, section: Section) -> &[u8] {
        // The header was found to lie within the file when it was opened.
        self.backing.bytes().get(self.header.sections[section as usize].clone()).unwrap_or_default()
    }

    fn number(&self, section: Section, at: usize) -> Result<u32, StoreError> {
        let bytes = self.section(section).get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_le_bytes).ok_or(StoreError::Corrupt { what: "an index", at })
    }

    fn entry(&self, index: Section, records: Section, at: usize) -> Result<&[u8], StoreError> {
        let start = self.number(index, at * 12 + 4)? as usize;
        let length = self.number(index, at * 12 + 8)? as usize;
        let end = start.checked_add(length);
        end.and_then(|end| self.section(records).get(start..end))
            .ok_or(StoreError::Corrupt { what: "the place of a record", at: start })
    }

    /// The key of an entry; `None` past the end.
    fn key(&self, section: Section, width: usize, at: usize) -> Result<Option<&str>, StoreError> {
        if at >= self.section(section).len() / width {
            return Ok(None);
        }
        string_at(self.section(Section::Strings), self.number(section, at * width)?).map(Some)
    }

    fn lower_bound(&self, section: Section, width: usize, wanted: &str) -> Result<usize, StoreError> {
        let (mut low, mut high) = (0, self.section(section).len() / width);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(section, width, middle)?.is_some_and(|key| key < wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    fn find(&self, section: Section, width: usize, wanted: &str) -> Result<Option<usize>, StoreError> {
        let at = self.lower_bound(section, width, wanted)?;
        Ok((self.key(section, width, at)? == Some(wanted)).then_some(at))
    }
}

impl Backing {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(file) => file,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("meta", &self.meta).finish_non_exhaustive()
    }
}

fn likelihood_at(bytes: &[u8], at: usize) -> Option<(u64, Likelihood)> {
    let entry = bytes.get(at * 16..at * 16 + 16)?;
    let number = u64::from_le_bytes(entry[..8].try_into().ok()?);
    let epss = f32::from_le_bytes(entry[8..12].try_into().ok()?);
    let percentile = f32::from_le_bytes(entry[12..].try_into().ok()?);
    Some((number, Likelihood { epss, percentile }))
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| StoreError::Corrupt { what: "a record", at: 0 })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
