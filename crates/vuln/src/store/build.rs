//! Building a store.

use super::{
    Store, StoreError,
    bytes::Strings,
    codec::{Writer, read_rows},
    layout::{HEADER, MAGIC, Section, VERSION},
    merge,
};
use crate::{
    Ecosystem,
    advisory::{Cycle, Exploited, Likelihood, Record, Row, Source},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    io::Write as _,
    path::Path,
};

/// What a store says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The day it was built, `YYYY-MM-DD`.
    pub built: String,
    /// Whether it is the small snapshot that comes with the program.
    #[serde(default)]
    pub snapshot: bool,
    /// Where its data came from. Rows and ratings name sources by their index here.
    pub sources: Vec<Source>,
}

/// Collects what importers read, and writes it as a store.
#[derive(Debug, Default)]
pub struct Builder {
    meta: Meta,
    /// The rows of each package, written as they will stand in the store: a feed has millions.
    rows: BTreeMap<(Ecosystem, String), Vec<u8>>,
    strings: Strings,
    overflow: bool,
    records: BTreeMap<String, Record>,
    exploited: BTreeMap<String, Exploited>,
    likelihoods: BTreeMap<u64, Likelihood>,
    cycles: BTreeMap<String, Vec<Cycle>>,
}

impl Builder {
    /// A store without content, built on the day `built` (`YYYY-MM-DD`).
    #[must_use]
    pub fn new(built: &str) -> Self {
        Self { meta: Meta { built: built.to_owned(), ..Meta::default() }, ..Self::default() }
    }

    /// Marks the store as the snapshot that comes with the program.
    pub fn mark_snapshot(&mut self) {
        self.meta.snapshot = true;
    }

    /// Names a source, or finds it again by its name, and gives its index.
    pub fn source(&mut self, source: &Source) -> u16 {
        let index =
            self.meta.sources.iter().position(|known| known.name == source.name).unwrap_or_else(|| {
                self.meta.sources.push(Source { records: 0, skipped: 0, ..source.clone() });
                self.meta.sources.len() - 1
            });
        u16::try_from(index).unwrap_or(u16::MAX)
    }

    /// The sources named so far.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.meta.sources
    }

    /// A source named before, to count its records or state a caveat.
    pub fn source_mut(&mut self, index: u16) -> Option<&mut Source> {
        self.meta.sources.get_mut(usize::from(index))
    }

    /// Adds a statement on the package `name` of `ecosystem`.
    pub fn row(&mut self, ecosystem: &Ecosystem, name: &str, row: Row) {
        let name = ecosystem.fold(name).into_owned();
        let out = self.rows.entry((ecosystem.clone(), name)).or_default();
        // Said when the store is finished; until then nothing is lost that could be kept.
        self.overflow |= Writer { out, strings: &mut self.strings }.row(&row).is_err();
    }

    /// Adds what a source knows about `id`.
    pub fn record(&mut self, id: &str, record: Record) {
        match self.records.get_mut(id) {
            Some(known) => merge::record(known, record),
            None => {
                self.records.insert(id.to_owned(), record);
            }
        }
    }

    /// States that `id` is known to be exploited.
    pub fn exploited(&mut self, id: &str, entry: Exploited) {
        self.exploited.insert(id.to_owned(), entry);
    }

    /// States how likely `id` (a CVE) is to be exploited; ids of another form are ignored.
    pub fn likelihood(&mut self, id: &str, likelihood: Likelihood) {
        if let Some(number) = cve_number(id) {
            self.likelihoods.insert(number, likelihood);
        }
    }

    /// States the release cycles of `product`.
    pub fn cycles(&mut self, product: &str, cycles: Vec<Cycle>) {
        self.cycles.insert(product.to_owned(), cycles);
    }

    /// Takes over what `store` holds from sources that are not named here yet. They keep the day they were imported.
    ///
    /// # Errors
    /// If `store` is damaged.
    pub fn carry(&mut self, store: &Store) -> Result<(), StoreError> {
        let fresh: BTreeSet<String> = self.meta.sources.iter().map(|source| source.name.clone()).collect();
        self.meta.snapshot |= store.meta().snapshot;
        let mut index = BTreeMap::new();
        for (old, source) in store.meta().sources.iter().enumerate() {
            if !fresh.contains(&source.name) {
                let new = self.source(source);
                if let Some(entry) = self.source_mut(new) {
                    let imported = source.imported.clone().unwrap_or_else(|| store.meta().built.clone());
                    *entry = Source { imported: Some(imported), ..source.clone() };
                }
                index.insert(u16::try_from(old).unwrap_or(u16::MAX), new);
            }
        }
        if index.is_empty() {
            return Ok(());
        }
        store.each_package(|ecosystem, name, row| {
            if let Some(&source) = index.get(&row.source) {
                self.row(ecosystem, name, Row { source, ..row.to_owned() });
            }
        })?;
        store.each_record(|id, record| {
            let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
            let ratings = record.ratings.iter().filter_map(|rating| {
                let source = *index.get(&rating.source)?;
                Some(crate::advisory::Rating {
                    source,
                    by: rating.by.map(str::to_owned),
                    value: rating.value.to_owned(),
                })
            });
            let carried = Record {
                aliases: own(&record.aliases),
                summary: record.summary.map(str::to_owned),
                published: record.published.map(str::to_owned),
                withdrawn: record.withdrawn,
                ratings: ratings.collect(),
                weaknesses: own(&record.weaknesses),
                links: own(&record.links),
            };
            self.record(id, carried);
        })?;
        if !fresh.contains("kev") {
            store.each_exploited(|id, entry| self.exploited(id, entry))?;
        }
        if !fresh.contains("epss") {
            store.each_likelihood(|number, likelihood| {
                self.likelihoods.insert(number, likelihood);
            });
        }
        if !fresh.contains("endoflife") {
            store.each_cycles(|product, cycles| self.cycles(product, cycles))?;
        }
        Ok(())
    }

    /// The bytes of the store. The same input gives the same bytes.
    ///
    /// # Errors
    /// If a section would be over 4 GiB.
    pub fn finish(mut self) -> Result<Vec<u8>, StoreError> {
        if self.overflow {
            return Err(StoreError::TooLarge { what: "the text" });
        }
        let given = std::mem::take(&mut self.strings);
        let mut strings = Strings::default();
        let mut sections: [Vec<u8>; Section::COUNT] = std::array::from_fn(|_| Vec::new());
        for ((ecosystem, name), bytes) in std::mem::take(&mut self.rows) {
            let mut rows: Vec<Row> = read_rows(&bytes, &given.bytes)?.iter().map(Row::to_owned).collect();
            merge::rows(&ecosystem, &mut rows);
            let start = sections[Section::Rows as usize].len();
            for row in &rows {
                Writer { out: &mut sections[Section::Rows as usize], strings: &mut strings }.row(row)?;
            }
            let key = strings.offset(&format!("{ecosystem}\0{name}"))?;
            let end = sections[Section::Rows as usize].len();
            put_entry(&mut sections[Section::Packages as usize], key, start, end)?;
        }
        drop(given);
        let mut aliases: BTreeSet<(String, u32)> = BTreeSet::new();
        for (id, record) in &mut self.records {
            merge::tidy(id, record);
            let start = sections[Section::Records as usize].len();
            Writer { out: &mut sections[Section::Records as usize], strings: &mut strings }.record(record)?;
            let key = strings.offset(id)?;
            let end = sections[Section::Records as usize].len();
            put_entry(&mut sections[Section::Ids as usize], key, start, end)?;
            aliases.extend(record.aliases.iter().map(|alias| (alias.clone(), key)));
        }
        for (alias, id) in &aliases {
            let alias = strings.offset(alias)?;
            sections[Section::Aliases as usize].extend(alias.to_le_bytes());
            sections[Section::Aliases as usize].extend(id.to_le_bytes());
        }
        for (number, likelihood) in &self.likelihoods {
            let out = &mut sections[Section::Epss as usize];
            out.extend(number.to_le_bytes());
            out.extend(likelihood.epss.to_le_bytes());
            out.extend(likelihood.percentile.to_le_bytes());
        }
        put_json(
            &self.exploited,
            Section::Exploited,
            Section::ExploitedRecords,
            &mut sections,
            &mut strings,
        )?;
        put_json(&self.cycles, Section::Cycles, Section::CycleRecords, &mut sections, &mut strings)?;
        sections[Section::Meta as usize] = json(&self.meta);
        sections[Section::Strings as usize] = strings.bytes;
        Ok(assemble(&sections))
    }

    /// Writes the store to `path`: beside it first, then in its place, so that a reader sees the old or the new one.
    ///
    /// # Errors
    /// If the file cannot be written, or a section would be over 4 GiB.
    pub fn write(self, path: &Path) -> Result<u64, StoreError> {
        let bytes = self.finish()?;
        write_atomically(path, &bytes).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
        Ok(bytes.len() as u64)
    }
}

/// Writes beside `path` and renames.
fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn put_json<T: Serialize>(
    entries: &BTreeMap<String, T>,
    index: Section,
    records: Section,
    sections: &mut [Vec<u8>; Section::COUNT],
    strings: &mut Strings,
) -> Result<(), StoreError> {
    for (key, value) in entries {
        let start = sections[records as usize].len();
        sections[records as usize].extend(json(value));
        let end = sections[records as usize].len();
        put_entry(&mut sections[index as usize], strings.offset(key)?, start, end)?;
    }
    Ok(())
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    // Maps with string keys and plain fields cannot fail to serialise.
    serde_json::to_vec(value).unwrap_or_default()
}

fn put_entry(out: &mut Vec<u8>, key: u32, start: usize, end: usize) -> Result<(), StoreError> {
    let too_large = |_| StoreError::TooLarge { what: "a section" };
    out.extend(key.to_le_bytes());
    out.extend(u32::try_from(start).map_err(too_large)?.to_le_bytes());
    out.extend(u32::try_from(end - start).map_err(too_large)?.to_le_bytes());
    Ok(())
}

fn assemble(sections: &[Vec<u8>; Section::COUNT]) -> Vec<u8> {
    let length = HEADER + sections.iter().map(Vec::len).sum::<usize>();
    let mut body = Vec::with_capacity(length);
    let mut start = HEADER;
    for section in sections {
        body.extend((start as u64).to_le_bytes());
        body.extend((section.len() as u64).to_le_bytes());
        start += section.len();
    }
    for section in sections {
        body.extend_from_slice(section);
    }
    let mut file = Vec::with_capacity(length);
    file.extend(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend([0; 4]);
    file.extend((length as u64).to_le_bytes());
    file.extend(Sha256::digest(&body));
    file.extend(body);
    file
}

/// The year and number of a CVE as one sortable number.
pub(super) fn cve_number(id: &str) -> Option<u64> {
    let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
    let year: u64 = year.parse().ok().filter(|year| *year < 10_000)?;
    let number: u64 = number.parse().ok().filter(|number| *number < 1 << 40)?;
    Some(year << 40 | number)
}
