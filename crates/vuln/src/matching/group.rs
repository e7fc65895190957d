//! Bringing the ids of one vulnerability together, so that it is one finding.

use super::lookup::Hit;
use crate::{Store, StoreError, advisory::Record};
use std::collections::{BTreeMap, BTreeSet};

/// Most ids followed for one vulnerability.
const MOST: usize = 64;

/// Hits that are the same vulnerability, with everything that is known under its ids.
pub(super) struct Group<'a> {
    pub(super) hits: Vec<Hit<'a>>,
    /// The id to show: a CVE if there is one.
    pub(super) id: String,
    pub(super) aliases: Vec<String>,
    /// What is known under each id, the shown one first.
    pub(super) records: Vec<(String, Record<&'a str>)>,
}

/// Groups the hits on one subject. Hits whose own record is withdrawn are dropped.
pub(super) fn groups<'a>(store: &'a Store, hits: Vec<Hit<'a>>) -> Result<Vec<Group<'a>>, StoreError> {
    let mut sets: Vec<(BTreeSet<String>, Vec<Hit<'a>>)> = Vec::new();
    for hit in hits {
        let record = store.record(hit.row.id)?;
        if record.as_ref().is_some_and(|record| record.withdrawn) {
            continue;
        }
        let ids = identity(hit.row.id, record.as_ref());
        // A hit may join sets that were apart so far.
        let (same, other): (Vec<_>, Vec<_>) = sets.into_iter().partition(|(set, _)| !set.is_disjoint(&ids));
        let mut joined = (ids, vec![hit]);
        for (ids, hits) in same {
            joined.0.extend(ids);
            joined.1.extend(hits);
        }
        sets = other;
        sets.push(joined);
    }
    sets.into_iter().map(|(ids, hits)| group(store, ids, hits)).collect()
}

/// The ids that mean the same vulnerability as `id`. A CVE stands for itself: a record that covers two CVEs must not make
/// one of them.
fn identity(id: &str, record: Option<&Record<&str>>) -> BTreeSet<String> {
    let mut ids = BTreeSet::from([id.to_owned()]);
    if let Some(record) = record {
        let own = id.starts_with("CVE-");
        ids.extend(
            record
                .aliases
                .iter()
                .filter(|alias| !(own && alias.starts_with("CVE-")))
                .take(MOST)
                .map(|&alias| alias.to_owned()),
        );
    }
    ids
}

fn group<'a>(
    store: &'a Store,
    mut ids: BTreeSet<String>,
    mut hits: Vec<Hit<'a>>,
) -> Result<Group<'a>, StoreError> {
    // Others may know the same vulnerability under a name of their own, and rate it.
    for id in ids.clone() {
        for other in store.ids_with_alias(&id)?.into_iter().take(MOST) {
            if ids.len() < MOST && !other.starts_with("CVE-") {
                ids.insert(other.to_owned());
            }
        }
    }
    let place = |id: &str| match id.split('-').next() {
        Some("CVE") => 0,
        Some("GHSA") => 1,
        _ => 2,
    };
    let mut sorted: Vec<String> = ids.into_iter().collect();
    sorted.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
    // The CVE that the hits name comes before others that a broad record drags in.
    if let Some(at) =
        sorted.iter().position(|id| id.starts_with("CVE-") && hits.iter().any(|hit| hit.row.id == *id))
    {
        sorted[..=at].rotate_right(1);
    }
    let mut records = BTreeMap::new();
    for id in &sorted {
        if let Some(record) = store.record(id)?.filter(|record| !record.withdrawn) {
            records.insert(id.clone(), record);
        }
    }
    let records = sorted.iter().filter_map(|id| Some((id.clone(), records.remove(id)?))).collect();
    let id = sorted.remove(0);
    sorted.sort();
    hits.sort_by(|a, b| {
        let key =
            |hit: &Hit| (hit.by, source_place(store.source_name(hit.row.source)), hit.ecosystem.clone());
        key(a).cmp(&key(b)).then_with(|| a.row.cmp(&b.row))
    });
    Ok(Group { hits, id, aliases: sorted, records })
}

/// Which of several sources on one registry decides: its own database before general ones.
fn source_place(name: &str) -> usize {
    const ORDER: &[&str] = &[
        "go",
        "rustsec",
        "ghsa",
        "pypa",
        "rubysec",
        "friendsofphp",
        "node",
        "bitnami",
        "osv",
        "retire",
        "nvd-overrides",
        "nvd",
    ];
    ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len())
}
