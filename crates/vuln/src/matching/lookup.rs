//! Where a subject is looked up, and which rows of the store hold it to be affected.

use super::{Distribution, Subject, SubjectKind, products};
use crate::{
    Ecosystem, Scheme, Store, StoreError,
    advisory::{FixState, Row},
    finding::MatchedBy,
};
use std::collections::BTreeSet;

/// A row that holds a subject to be affected.
#[derive(Debug, Clone)]
pub(super) struct Hit<'a> {
    pub(super) row: Row<&'a str>,
    pub(super) ecosystem: Ecosystem,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) by: MatchedBy,
    /// The affected versions that hold it, as people write them.
    pub(super) affected: String,
}

/// What the store says of a subject.
#[derive(Debug, Default)]
pub(super) struct Looked<'a> {
    pub(super) hits: Vec<Hit<'a>>,
    /// Ids that an authority for this subject knows and holds not to affect it.
    pub(super) cleared: BTreeSet<&'a str>,
    /// Name spaces that were asked and are not in the store.
    pub(super) uncovered: Vec<Ecosystem>,
    /// Whether any name space was asked.
    pub(super) asked: bool,
}

/// Looks `subject` up.
pub(super) fn look_up<'a>(
    store: &'a Store,
    subject: &Subject,
    distribution: Option<&Distribution>,
) -> Result<Looked<'a>, StoreError> {
    let mut looked = Looked::default();
    match &subject.kind {
        SubjectKind::Distribution => {
            if let Some((distribution, ecosystem)) =
                distribution.and_then(|distribution| Some((distribution, distribution.ecosystem()?)))
            {
                distribution_package(store, subject, distribution, &ecosystem, &mut looked)?;
            }
        }
        SubjectKind::Language(ecosystem) => {
            let query =
                Query { ecosystem, name: &subject.name, version: &subject.version, by: MatchedBy::Registry };
            query.run(store, &mut looked, |_| true)?;
        }
        SubjectKind::Program => program(store, subject, &mut looked)?,
        SubjectKind::Unknown => {}
    }
    Ok(looked)
}

/// One question to the store.
struct Query<'q> {
    ecosystem: &'q Ecosystem,
    name: &'q str,
    version: &'q str,
    by: MatchedBy,
}

impl Query<'_> {
    /// Sorts the rows that `concerns` lets through into hits and cleared ids. An id that is cleared already stays so.
    fn run<'a>(
        &self,
        store: &'a Store,
        looked: &mut Looked<'a>,
        concerns: impl Fn(&Row<&str>) -> bool,
    ) -> Result<(), StoreError> {
        looked.asked = true;
        let rows = store.rows(self.ecosystem, self.name)?;
        if rows.is_empty() && !store.covers(self.ecosystem)? && !looked.uncovered.contains(self.ecosystem) {
            looked.uncovered.push(self.ecosystem.clone());
        }
        let scheme = self.ecosystem.scheme();
        let mut clear: BTreeSet<&str> = BTreeSet::new();
        let mut hit: BTreeSet<&str> = BTreeSet::new();
        for row in rows.into_iter().filter(|row| concerns(row)) {
            match holds(&row, scheme, self.version) {
                Some(affected) => {
                    hit.insert(row.id);
                    if !looked.cleared.contains(row.id) {
                        looked.hits.push(Hit {
                            row,
                            ecosystem: self.ecosystem.clone(),
                            name: self.name.to_owned(),
                            version: self.version.to_owned(),
                            by: self.by,
                            affected,
                        });
                    }
                }
                None => {
                    clear.insert(row.id);
                }
            }
        }
        looked.cleared.extend(clear.difference(&hit).copied());
        Ok(())
    }
}

/// The affected versions of `row` that hold `version`, as people write them.
fn holds(row: &Row<&str>, scheme: Scheme, version: &str) -> Option<String> {
    if row.state == FixState::NotAffected {
        return None;
    }
    let range = row.ranges.iter().find(|range| range.interval.contains(scheme, version));
    range.map(|range| range.interval.describe()).or_else(|| {
        let listed = row.versions.iter().find(|listed| scheme.compare(listed, version).is_eq());
        listed.map(|listed| format!("= {listed}"))
    })
}

fn distribution_package<'a>(
    store: &'a Store,
    subject: &Subject,
    distribution: &Distribution,
    ecosystem: &Ecosystem,
    looked: &mut Looked<'a>,
) -> Result<(), StoreError> {
    let (source, source_version) =
        subject.source.as_ref().map_or((&subject.name, &subject.version), |(name, version)| (name, version));
    if ecosystem.names_sources() {
        let query = Query { ecosystem, name: source, version: source_version, by: MatchedBy::SourcePackage };
        query.run(store, looked, |_| true)?;
        match ecosystem.family() {
            "Debian" => {
                // What the release does not mention has unstable's state.
                let any = Ecosystem::release_of("Debian", "any");
                let known: BTreeSet<&str> = looked.hits.iter().map(|hit| hit.row.id).collect();
                let query = Query { ecosystem: &any, ..query };
                query.run(store, looked, |row| !known.contains(row.id))?;
                looked.uncovered.retain(|uncovered| *uncovered != any);
            }
            "Ubuntu" => ubuntu_pro(store, source, source_version, ecosystem, looked)?,
            _ => {}
        }
        return Ok(());
    }
    let query =
        Query { ecosystem, name: &subject.name, version: &subject.version, by: MatchedBy::BinaryPackage };
    let streamed = in_streams(store, &query, distribution)?;
    query.run(store, looked, |row| {
        concerns_rpm(row, subject, distribution) && (row.platform.is_some() || !streamed.contains(row.id))
    })?;
    // Red Hat states what it has not fixed for the source package.
    if ecosystem.family() == "Red Hat" && *source != subject.name {
        let known: BTreeSet<&str> = looked.hits.iter().map(|hit| hit.row.id).collect();
        let query = Query { ecosystem, name: source, version: source_version, by: MatchedBy::SourcePackage };
        query.run(store, looked, |row| {
            row.state != FixState::Fixed
                && !known.contains(row.id)
                && concerns_rpm(row, subject, distribution)
        })?;
    }
    Ok(())
}

/// What the streams that the image uses state themselves: there the main stream has no say, since its fixed versions are
/// of another minor release.
fn in_streams<'a>(
    store: &'a Store,
    query: &Query<'_>,
    distribution: &Distribution,
) -> Result<BTreeSet<&'a str>, StoreError> {
    if distribution.streams.is_empty() {
        return Ok(BTreeSet::new());
    }
    let is_own =
        |row: &Row<&str>| row.platform.is_some_and(|own| distribution.streams.iter().any(|one| one == own));
    let rows = store.rows(query.ecosystem, query.name)?;
    Ok(rows.into_iter().filter(is_own).map(|row| row.id).collect())
}

/// Ubuntu Pro fixes packages in releases (and parts of them) that the public archive does not. A package that carries
/// such a fix is clear; one that does not stays affected, and is told where the fix is.
fn ubuntu_pro<'a>(
    store: &'a Store,
    source: &str,
    version: &str,
    ecosystem: &Ecosystem,
    looked: &mut Looked<'a>,
) -> Result<(), StoreError> {
    let pro = Ecosystem::release_of("Ubuntu:Pro", ecosystem.release().unwrap_or_default());
    for row in store.rows(&pro, source)? {
        let affected = holds(&row, Scheme::Deb, version);
        let listed = looked.hits.iter().position(|hit| hit.row.id == row.id);
        match (affected, listed) {
            (None, _) if row.state == FixState::Fixed => {
                looked.hits.retain(|hit| hit.row.id != row.id);
                looked.cleared.insert(row.id);
            }
            (Some(_), Some(at)) if row.state == FixState::Fixed => {
                let hit = &mut looked.hits[at];
                if hit.row.ranges.iter().all(|range| range.fixed.is_none()) {
                    hit.row.note = Some(PRO);
                }
            }
            (Some(affected), None) if !looked.cleared.contains(row.id) => {
                let mut row = row;
                if row.state == FixState::Fixed {
                    row.state = FixState::WillNotFix;
                    row.note = Some(PRO);
                    row.ranges.iter_mut().for_each(|range| range.fixed = None);
                }
                let (name, version) = (source.to_owned(), version.to_owned());
                looked.hits.push(Hit {
                    row,
                    ecosystem: pro.clone(),
                    name,
                    version,
                    by: MatchedBy::SourcePackage,
                    affected,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

const PRO: &str = "fixed for Ubuntu Pro only";

/// Whether a row of an RPM distribution is about this package: the same module stream, and a product stream that the
/// image uses.
fn concerns_rpm(row: &Row<&str>, subject: &Subject, distribution: &Distribution) -> bool {
    match row.platform {
        Some(platform) => match platform.strip_prefix("module:") {
            Some(module) => subject
                .module
                .as_deref()
                .is_some_and(|own| own == module || own.starts_with(&format!("{module}:"))),
            None => distribution.streams.iter().any(|stream| stream == platform),
        },
        None => {
            row.ranges.iter().all(|range| range.fixed.is_none_or(|fixed| same_build(fixed, &subject.version)))
        }
    }
}

/// Whether a fix is for the same kind of build: Oracle numbers its own flavours of a package apart from the common one.
fn same_build(fixed: &str, installed: &str) -> bool {
    let flavours = |version: &str| ["ksplice", "_fips"].map(|flavour| version.contains(flavour));
    flavours(fixed) == flavours(installed) && same_module(fixed, installed)
}

/// Some feeds do not name the module stream. A modular build is compared only with a modular build of the same major
/// version, since streams are made of these.
fn same_module(fixed: &str, installed: &str) -> bool {
    let modular = |version: &str| version.contains(".module");
    let major = |version: &str| {
        let version = version.split_once(':').map_or(version, |(_, version)| version);
        version.split(['.', '-']).next().map(str::to_owned)
    };
    match (modular(fixed), modular(installed)) {
        (true, true) => major(fixed) == major(installed),
        (false, false) => true,
        _ => false,
    }
}

/// A program's own project is asked first, then Bitnami's database, then CPE; what an earlier one knows the later ones
/// cannot overrule.
fn program<'a>(store: &'a Store, subject: &Subject, looked: &mut Looked<'a>) -> Result<(), StoreError> {
    let Some(product) = products::find(&subject.name) else { return Ok(()) };
    let mut places: Vec<(Option<Ecosystem>, &str, MatchedBy)> = Vec::new();
    places.extend(
        product.project.map(|(ecosystem, name)| (Ecosystem::parse(ecosystem), name, MatchedBy::Project)),
    );
    places.extend(product.bitnami.map(|name| (Ecosystem::parse("Bitnami"), name, MatchedBy::Project)));
    places.extend(product.cpes.iter().map(|cpe| (Ecosystem::parse("cpe"), *cpe, MatchedBy::Cpe)));
    let mut asked = BTreeSet::new();
    for (ecosystem, name, by) in places {
        let Some(ecosystem) = ecosystem else { continue };
        asked.insert(ecosystem.clone());
        let known = looked.cleared.clone();
        let query = Query { ecosystem: &ecosystem, name, version: &subject.version, by };
        query.run(store, looked, |row| !is_cleared(store, &known, row.id))?;
    }
    // One of them is enough to have looked.
    if looked.uncovered.len() < asked.len() {
        looked.uncovered.clear();
    }
    Ok(())
}

/// Whether `id`, or a CVE it stands for, is among `cleared`.
fn is_cleared(store: &Store, cleared: &BTreeSet<&str>, id: &str) -> bool {
    cleared.contains(id)
        || store
            .record(id)
            .ok()
            .flatten()
            .is_some_and(|record| record.aliases.iter().any(|alias| cleared.contains(alias)))
}
