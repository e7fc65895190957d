//! What repositories hold: `Packages` files merged into one index.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use casehard_oci::Digest;

use crate::deb::{self, Clause, clauses};

/// A package of some version that can be had.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) name: Box<str>,
    pub(crate) version: Box<str>,
    pub(crate) architecture: Box<str>,
    pub(crate) priority: Box<str>,
    pub(crate) essential: bool,
    depends: Box<str>,
    recommends: Box<str>,
    conflicts: Box<str>,
    provides: Box<str>,
    pub(crate) filename: Box<str>,
    pub(crate) size: u64,
    pub(crate) digest: Digest,
    /// Which repository has it, by its place among those read.
    pub(crate) repository: usize,
}

impl Candidate {
    /// What must be there: `Pre-Depends` and `Depends`.
    pub(crate) fn depends(&self) -> Vec<Clause> {
        self.clauses(&self.depends)
    }

    /// What is normally there too.
    pub(crate) fn recommends(&self) -> Vec<Clause> {
        self.clauses(&self.recommends)
    }

    /// What must not be there: `Conflicts` and `Breaks`.
    pub(crate) fn conflicts(&self) -> Vec<Clause> {
        self.clauses(&self.conflicts)
    }

    /// What it stands for besides its own name.
    pub(crate) fn provides(&self) -> Vec<Clause> {
        self.clauses(&self.provides)
    }

    /// A broken relation of a signed index is left out rather than making the whole index useless.
    fn clauses(&self, field: &str) -> Vec<Clause> {
        clauses(field, &self.architecture).unwrap_or_default()
    }
}

/// Everything that can be had, by name.
#[derive(Debug, Default)]
pub(crate) struct Index {
    candidates: Vec<Candidate>,
    by_name: BTreeMap<Box<str>, Vec<usize>>,
    providers: BTreeMap<String, Vec<Provider>>,
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
                    && let Some(candidate) = candidate(text, repository)
                    && (&*candidate.architecture == architecture || &*candidate.architecture == "all")
                {
                    self.by_name.entry(candidate.name.clone()).or_default().push(self.candidates.len());
                    self.candidates.push(candidate);
                }
                stanza.clear();
                if end {
                    return Ok(());
                }
            }
        }
    }

    /// Settles which version of each name counts: the pinned one, else the newest (of the first repository that has
    /// it). Must be called after the last [`Index::add`]. Names in `pins` whose version cannot be had are returned.
    pub(crate) fn settle(&mut self, pins: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let candidates = &self.candidates;
        for (name, places) in &mut self.by_name {
            let pin = pins.get(&**name);
            // A stable sort keeps the order of repositories among equal versions.
            places.sort_by(|a, b| deb::compare(&candidates[*b].version, &candidates[*a].version));
            if let Some(version) = pin {
                places.sort_by_key(|at| *candidates[*at].version != **version);
            }
        }
        for at in self.by_name.values().filter_map(|places| places.first()) {
            for clause in candidates[*at].provides() {
                for relation in clause {
                    let version = relation.version.map(|(_, version)| version);
                    self.providers
                        .entry(relation.name)
                        .or_default()
                        .push(Provider { candidate: *at, version });
                }
            }
        }
        let there = |name: &str, version: &str| {
            self.best(name).is_some_and(|at| *self.candidates[at].version == *version)
        };
        pins.iter()
            .filter(|(name, version)| !there(name, version))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect()
    }

    /// The candidate of a name that counts.
    pub(crate) fn best(&self, name: &str) -> Option<usize> {
        self.by_name.get(name)?.first().copied()
    }

    /// A candidate by its place.
    pub(crate) fn get(&self, at: usize) -> &Candidate {
        &self.candidates[at]
    }

    /// Who stands for a name that may be no package of its own.
    pub(crate) fn providers(&self, name: &str) -> &[Provider] {
        self.providers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The counting candidates of all names, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> {
        self.by_name.values().filter_map(|places| places.first()).copied()
    }

    /// The name most like `wanted`, when one is like it.
    pub(crate) fn nearest(&self, wanted: &str) -> Option<&str> {
        crate::nearest::nearest(wanted, self.by_name.keys().map(|name| &**name))
    }
}

fn candidate(stanza: &str, repository: usize) -> Option<Candidate> {
    const FIELDS: [&str; 15] = [
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
        "Protected",
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
        _,
    ] = values;
    let join = |a: &str, b: &str| match (a, b) {
        ("", one) | (one, "") => one.into(),
        (a, b) => format!("{a}, {b}").into_boxed_str(),
    };
    if name.is_empty() || version.is_empty() || filename.is_empty() {
        return None;
    }
    Some(Candidate {
        name: name.into(),
        version: version.into(),
        architecture: architecture.into(),
        priority: priority.into(),
        essential: essential == "yes",
        depends: join(pre_depends, depends),
        recommends: recommends.into(),
        conflicts: join(conflicts, breaks),
        provides: provides.into(),
        filename: filename.into(),
        size: size.parse().ok()?,
        digest: format!("sha256:{digest}").parse().ok()?,
        repository,
    })
}
