//! What several sources say about one package and vulnerability, brought together before it is written.

use crate::{
    Ecosystem,
    advisory::{FixState, Record, Row},
};
use std::collections::BTreeSet;

/// Most ranges, versions or links kept for one row or record; feeds stay far below.
const MOST: usize = 4096;

/// Brings the rows of one package of a distribution into one row for each vulnerability and platform.
///
/// A tracker and its lists of advisories overlap. A released fix beats a state without one, and of several released
/// fixes the highest counts, since a later advisory replaces an incomplete one.
pub(super) fn rows(ecosystem: &Ecosystem, rows: &mut Vec<Row>) {
    rows.sort();
    rows.dedup();
    for row in rows.iter_mut() {
        row.ranges.truncate(MOST);
        row.versions.truncate(MOST);
    }
    // RPM modules release fixes for each stream under one id, so these stay apart.
    if !ecosystem.names_sources() {
        return;
    }
    let scheme = ecosystem.scheme();
    let mut merged: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows.drain(..) {
        match merged.last_mut().filter(|last| last.id == row.id && last.platform == row.platform) {
            None => merged.push(row),
            Some(last) => {
                let (keep, other) = match (fixed(last), fixed(&row)) {
                    (Some(a), Some(b)) if scheme.compare(a, b).is_ge() => (last.clone(), row),
                    (Some(_), None) => (last.clone(), row),
                    (Some(_) | None, Some(_)) => (row, last.clone()),
                    (None, None) if row.state == FixState::NotAffected => (row, last.clone()),
                    (None, None) => (last.clone(), row),
                };
                *last = keep;
                last.urgency = last.urgency.take().or(other.urgency);
                last.advisory = last.advisory.take().or(other.advisory);
                last.note = last.note.take().or(other.note);
            }
        }
    }
    *rows = merged;
}

fn fixed(row: &Row) -> Option<&str> {
    match row.state {
        FixState::Fixed => row.ranges.iter().find_map(|range| range.fixed.as_deref()),
        _ => None,
    }
}

/// Adds what another source knows about the same id.
pub(super) fn record(into: &mut Record, from: Record) {
    into.aliases.extend(from.aliases);
    // The longest summary of those that are short enough says most.
    let longer = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    if longer(&from.summary) > longer(&into.summary) {
        into.summary = from.summary;
    }
    into.published = match (into.published.take(), from.published) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    into.withdrawn |= from.withdrawn;
    into.ratings.extend(from.ratings);
    into.weaknesses.extend(from.weaknesses);
    into.links.extend(from.links);
}

/// Sorts and bounds the lists of a record, and drops `id` from its own aliases.
pub(super) fn tidy(id: &str, record: &mut Record) {
    let own = BTreeSet::from([id.to_owned()]);
    for list in [&mut record.aliases, &mut record.weaknesses, &mut record.links] {
        list.sort();
        list.dedup();
        list.retain(|entry| !own.contains(entry));
    }
    record.aliases.truncate(MOST);
    record.links.truncate(4);
    record.ratings.sort();
    record.ratings.dedup();
}
