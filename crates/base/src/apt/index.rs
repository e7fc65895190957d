//! What repositories hold: `Packages` files merged into one index.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use casehard_oci::Digest;

use crate::deb::{self, Clause, clauses};

/// A package of some version that can be had.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) architecture: &'a str,
    pub(crate) priority: &'a str,
    pub(crate) essential: bool,
    depends: &'a str,
    recommends: &'a str,
    conflicts: &'a str,
    provides: &'a str,
    pub(crate) filename: &'a str,
    pub(crate) size: u64,
    pub(crate) digest: Digest,
    /// Which repository has it, by its place among those read.
    pub(crate) repository: usize,
}

impl Candidate<'_> {
    /// What must be there: `Pre-Depends` and `Depends`.
    pub(crate) fn depends(&self) -> Vec<Clause> {
        self.clauses(self.depends)
    }

    /// What is normally there too.
    pub(crate) fn recommends(&self) -> Vec<Clause> {
        self.clauses(self.recommends)
    }

    /// What must not be there: `Conflicts` and `Breaks`.
    pub(crate) fn conflicts(&self) -> Vec<Clause> {
        self.clauses(self.conflicts)
    }

    /// What it stands for besides its own name.
    pub(crate) fn provides(&self) -> Vec<Clause> {
        self.clauses(self.provides)
    }

    /// A broken relation of a signed index is left out rather than making the whole index useless.
    fn clauses(&self, field: &str) -> Vec<Clause> {
        clauses(field, self.architecture).unwrap_or_default()
    }
}

/// Everything that can be had, by name. A suite has some sixty thousand packages, so their fields stand in one text.
#[derive(Debug, Default)]
pub(crate) struct Index {
    text: String,
    records: Vec<Record>,
    /// Places among the records, by name and within a name the one that counts first.
    by_name: Vec<u32>,
    providers: BTreeMap<String, Vec<Provider>>,
}

/// How many fields of a candidate are text.
const TEXTS: usize = 9;

/// Where a candidate's texts stand, one behind the other, and the rest of it.
#[derive(Debug, Clone)]
struct Record {
    start: u32,
    ends: [u32; TEXTS],
    essential: bool,
    size: u64,
    digest: Digest,
    repository: usize,
}

/// A candidate that stands for a name, at a version when it says so.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) candidate: usize,
    pub(crate) version: Option<String>,
}

impl Index {
    /// Adds the packages of a `Packages` file for `architecture` (and `all`).
    pub(crate) fn add(
        &mut self,
        mut reader: impl BufRead,
        repository: usize,
        architecture: &str,
    ) -> io::Result<()> {
        let mut stanza = Vec::with_capacity(8192);
        loop {
            let length = stanza.len();
            let end = reader.read_until(b'\n', &mut stanza)? == 0;
            if end || stanza[length..].trim_ascii().is_empty() {
                if let Ok(text) = std::str::from_utf8(&stanza)
                    && let Some(candidate) = Stanza::read(text)
                    && (candidate.architecture() == architecture || candidate.architecture() == "all")
                {
                    self.push(&candidate, repository)?;
                }
                stanza.clear();
                if end {
                    return Ok(());
                }
            }
        }
    }

    fn push(&mut self, stanza: &Stanza<'_>, repository: usize) -> io::Result<()> {
        let place = |at: usize| u32::try_from(at).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge));
        let start = place(self.text.len())?;
        let mut ends = [0; TEXTS];
        for (end, parts) in ends.iter_mut().zip(stanza.texts) {
            let mut parts = parts.iter().filter(|part| !part.is_empty());
            self.text.extend(parts.next().copied());
            self.text.extend(parts.flat_map(|part| [", ", part]));
            *end = place(self.text.len())?;
        }
        let Stanza { essential, size, digest, .. } = *stanza;
        self.by_name.push(place(self.records.len())?);
        self.records.push(Record { start, ends, essential, size, digest, repository });
        Ok(())
    }

    /// Settles which version of each name counts: the pinned one, else the newest (of the first repository that has
    /// it). Must be called after the last [`Index::add`]. Names in `pins` whose version cannot be had are returned.
    pub(crate) fn settle(&mut self, pins: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let mut by_name = std::mem::take(&mut self.by_name);
        // A stable sort keeps the order of repositories among equal versions.
        by_name.sort_by(|a, b| {
            let (a, b) = (self.get(*a as usize), self.get(*b as usize));
            a.name.cmp(b.name).then_with(|| {
                let is_other = |version| pins.get(a.name).is_some_and(|pin| pin != version);
                is_other(a.version).cmp(&is_other(b.version)).then_with(|| deb::compare(b.version, a.version))
            })
        });
        self.by_name = by_name;
        let mut providers: BTreeMap<String, Vec<Provider>> = BTreeMap::new();
        for at in self.all() {
            for relation in self.get(at).provides().into_iter().flatten() {
                let version = relation.version.map(|(_, version)| version);
                providers.entry(relation.name).or_default().push(Provider { candidate: at, version });
            }
        }
        self.providers = providers;
        let there =
            |name: &str, version: &str| self.best(name).is_some_and(|at| self.get(at).version == version);
        pins.iter()
            .filter(|(name, version)| !there(name, version))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect()
    }

    /// The candidate of a name that counts.
    pub(crate) fn best(&self, name: &str) -> Option<usize> {
        let first = self.by_name.partition_point(|at| self.name(*at) < name);
        let at = *self.by_name.get(first)?;
        (self.name(at) == name).then_some(at as usize)
    }

    /// A candidate by its place.
    pub(crate) fn get(&self, at: usize) -> Candidate<'_> {
        let Record { start, ends, essential, size, digest, repository } = &self.records[at];
        let mut from = *start as usize;
        let [name, version, architecture, priority, depends, recommends, conflicts, provides, filename] =
            ends.map(|end| &self.text[std::mem::replace(&mut from, end as usize)..end as usize]);
        Candidate {
            name,
            version,
            architecture,
            priority,
            essential: *essential,
            depends,
            recommends,
            conflicts,
            provides,
            filename,
            size: *size,
            digest: *digest,
            repository: *repository,
        }
    }

    fn name(&self, at: u32) -> &str {
        let record = &self.records[at as usize];
        &self.text[record.start as usize..record.ends[0] as usize]
    }

    /// Who stands for a name that may be no package of its own.
    pub(crate) fn providers(&self, name: &str) -> &[Provider] {
        self.providers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The counting candidates of all names, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> {
        self.by_name.chunk_by(|a, b| self.name(*a) == self.name(*b)).map(|same| same[0] as usize)
    }

    /// The name most like `wanted`, when one is like it.
    pub(crate) fn nearest(&self, wanted: &str) -> Option<&str> {
        crate::nearest::nearest(wanted, self.all().map(|at| self.get(at).name))
    }
}

/// What matters of one paragraph of a `Packages` file. Each text is of one or two fields.
struct Stanza<'a> {
    texts: [[&'a str; 2]; TEXTS],
    essential: bool,
    size: u64,
    digest: Digest,
}

impl<'a> Stanza<'a> {
    /// Its fields; `None` when it has no name, version, file, size or digest.
    fn read(stanza: &'a str) -> Option<Self> {
        const FIELDS: [&str; 14] = [
            "Package",
            "Version",
            "Architecture",
            "Priority",
            "Essential",
            "Pre-Depends",
            "Depends",
            "Recommends",
            "Conflicts",
            "Breaks",
            "Provides",
            "Filename",
            "Size",
            "SHA256",
        ];
        let mut values = [""; FIELDS.len()];
        for line in stanza.lines() {
            // Relations stand on one line in index files.
            if let Some((name, value)) = line.split_once(':')
                && let Some(at) = FIELDS.iter().position(|field| *field == name)
            {
                values[at] = value.trim();
            }
        }
        let [
            name,
            version,
            architecture,
            priority,
            essential,
            pre_depends,
            depends,
            recommends,
            conflicts,
            breaks,
            provides,
            filename,
            size,
            digest,
        ] = values;
        if name.is_empty() || version.is_empty() || filename.is_empty() {
            return None;
        }
        Some(Self {
            texts: [
                [name, ""],
                [version, ""],
                [architecture, ""],
                [priority, ""],
                [pre_depends, depends],
                [recommends, ""],
                [conflicts, breaks],
                [provides, ""],
                [filename, ""],
            ],
            essential: essential == "yes",
            size: size.parse().ok()?,
            digest: format!("sha256:{digest}").parse().ok()?,
        })
    }

    fn architecture(&self) -> &'a str {
        self.texts[2][0]
    }
}
