//! OSV's version events as intervals (OSV schema, "Evaluation").

use crate::{
    Scheme,
    advisory::Affected,
    range::{Bound, Interval},
};
use serde::Deserialize;
use std::cmp::Ordering;

/// One event of a range; exactly one field is set.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Event {
    #[serde(default)]
    introduced: Option<String>,
    #[serde(default)]
    fixed: Option<String>,
    #[serde(default)]
    last_affected: Option<String>,
    #[serde(default)]
    limit: Option<String>,
}

/// The events of one range, and GitHub's upper end for a range that has none of its own.
pub(super) struct Range<'a> {
    pub(super) events: &'a [Event],
    pub(super) upper: Option<&'a str>,
}

/// The affected intervals of all ranges.
pub(super) fn affected<'a>(scheme: Scheme, ranges: impl Iterator<Item = Range<'a>>) -> Vec<Affected> {
    let mut all = Vec::new();
    for range in ranges {
        all.extend(intervals(scheme, &range));
    }
    all.sort();
    all.dedup();
    all
}

/// What an event does to the versions from it on. At one version an end comes before a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Fixed,
    Introduced,
    LastAffected,
}

fn intervals(scheme: Scheme, range: &Range) -> Vec<Affected> {
    let mut turns: Vec<(Turn, &str)> = Vec::new();
    let mut limits: Vec<&str> = Vec::new();
    for event in range.events {
        for (turn, version) in [
            (Turn::Introduced, &event.introduced),
            (Turn::Fixed, &event.fixed),
            (Turn::LastAffected, &event.last_affected),
        ] {
            turns.extend(version.as_deref().map(|version| (turn, version)));
        }
        limits.extend(event.limit.as_deref().filter(|limit| *limit != "*"));
    }
    turns.sort_by(|a, b| compare(scheme, *a, *b).then_with(|| a.0.cmp(&b.0)));
    let mut open: Option<Option<Bound>> = None;
    let mut found = Vec::new();
    for (turn, version) in turns {
        let bound = |inclusive| Bound { version: version.to_owned(), inclusive };
        match turn {
            Turn::Introduced if open.is_none() => open = Some((version != "0").then(|| bound(true))),
            Turn::Introduced => {}
            Turn::Fixed => {
                if let Some(low) = open.take() {
                    found.push(Affected {
                        interval: Interval { low, high: Some(bound(false)) },
                        fixed: Some(version.to_owned()),
                    });
                }
            }
            Turn::LastAffected => {
                if let Some(low) = open.take() {
                    found.push(Affected { interval: Interval { low, high: Some(bound(true)) }, fixed: None });
                }
            }
        }
    }
    if let Some(low) = open {
        let limit = limits.into_iter().max_by(|a, b| scheme.compare(a, b));
        let limit = limit.map(|limit| Bound { version: limit.to_owned(), inclusive: false });
        found.push(Affected {
            interval: Interval { low, high: limit.or_else(|| upper(range.upper?)) },
            fixed: None,
        });
    }
    found
}

/// `0` is before every version.
fn compare(scheme: Scheme, a: (Turn, &str), b: (Turn, &str)) -> Ordering {
    let lowest = |turn: (Turn, &str)| turn == (Turn::Introduced, "0");
    match (lowest(a), lowest(b)) {
        (false, false) => scheme.compare(a.1, b.1),
        (a, b) => b.cmp(&a),
    }
}

/// Reads `< 1.2.3` or `<= 1.2.3`.
fn upper(text: &str) -> Option<Bound> {
    let text = text.trim();
    let (version, inclusive) = match text.strip_prefix("<=") {
        Some(version) => (version, true),
        None => (text.strip_prefix('<')?, false),
    };
    Some(Bound { version: version.trim().to_owned(), inclusive })
}

#[cfg(test)]
mod tests {
    use super::{Event, Range, affected};
    use crate::Scheme;

    fn described(json: &str, upper: Option<&str>) -> Vec<String> {
        let events: Vec<Event> = serde_json::from_str(json).expect("events");
        affected(Scheme::Semver, std::iter::once(Range { events: &events, upper }))
            .iter()
            .map(|range| {
                format!("{} -> {}", range.interval.describe(), range.fixed.as_deref().unwrap_or("-"))
            })
            .collect()
    }

    #[test]
    fn evaluates_events_in_version_order() {
        for (events, upper, expected) in [
            (r#"[{"introduced":"0"},{"fixed":"1.2"}]"#, None, vec!["< 1.2 -> 1.2"]),
            (
                r#"[{"fixed":"2.1"},{"introduced":"2.0"},{"introduced":"0"},{"fixed":"1.9"}]"#,
                None,
                vec!["< 1.9 -> 1.9", ">= 2.0, < 2.1 -> 2.1"],
            ),
            (r#"[{"introduced":"1.0"},{"last_affected":"1.0"}]"#, None, vec!["= 1.0 -> -"]),
            (r#"[{"introduced":"0"}]"#, None, vec!["any version -> -"]),
            (r#"[{"introduced":"0"}]"#, Some("<= 3.0"), vec!["<= 3.0 -> -"]),
            (r#"[{"introduced":"0"},{"limit":"3.0"}]"#, None, vec!["< 3.0 -> -"]),
            (
                r#"[{"introduced":"1.0"},{"fixed":"1.5"},{"introduced":"1.5"},{"fixed":"1.6"}]"#,
                None,
                vec![">= 1.0, < 1.5 -> 1.5", ">= 1.5, < 1.6 -> 1.6"],
            ),
        ] {
            assert_eq!(described(events, upper), expected, "{events}");
        }
    }
}
