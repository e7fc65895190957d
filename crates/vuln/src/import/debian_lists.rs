//! The Debian security tracker's own lists: `data/CVE/list`, `data/DSA/list` and `data/DLA/list`.

use super::{
    intake::{Intake, day, is_cve},
    releases,
};
use crate::{
    Ecosystem,
    advisory::{FixState, Record, Row},
};

/// Reads a list of advisories (DSA or DLA): each names packages, releases and fixed versions.
pub(super) fn advisories(text: &str, intake: &mut Intake) {
    let source = intake.source("debian");
    let mut head: Option<(String, Option<String>)> = None;
    let mut cves: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix('[') {
            let Some((date, rest)) = rest.split_once(']') else { continue };
            head = rest.split_whitespace().next().map(|id| (id.to_owned(), long_date(date)));
            cves.clear();
            if let Some((_, date)) = &head {
                intake.read(source, date.as_deref());
            }
            continue;
        }
        let Some((advisory, _)) = &head else { continue };
        let line = line.trim();
        if let Some(list) = line.strip_prefix('{') {
            cves = list
                .trim_end_matches('}')
                .split_whitespace()
                .filter(|id| is_cve(id))
                .map(str::to_owned)
                .collect();
        } else if let Some(Line { release: Some(codename), package, state: version, .. }) = parse(line) {
            let Some(number) = releases::debian(codename).filter(|_| !version.starts_with('<')) else {
                continue;
            };
            let own = [advisory.clone()];
            // An advisory without a CVE stands for itself.
            for id in if cves.is_empty() { &own[..] } else { &cves } {
                let mut row = Row::new(id, source, FixState::Fixed).fixed_in(version);
                row.advisory = Some(advisory.clone());
                intake.row(&Ecosystem::release_of("Debian", number), package, row);
            }
        }
    }
}

/// Reads the list of CVEs: unstable's state for each package, and what a release says differently.
pub(super) fn vulnerabilities(text: &str, intake: &mut Intake) {
    let source = intake.source("debian");
    let mut id: Option<&str> = None;
    let mut unstable: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if !line.starts_with(['\t', ' ']) {
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            id = (is_cve(name) || name.starts_with("TEMP-")).then_some(name);
            unstable.clear();
            if let Some(id) = id {
                intake.read(source, None);
                let summary =
                    rest.trim().trim_start_matches('(').trim_end_matches(')').trim_end_matches(" ...").trim();
                intake.record(id, Record { summary: Some(summary.to_owned()), ..Record::default() });
            }
            continue;
        }
        let (Some(id), Some(line)) = (id, parse(line.trim())) else { continue };
        match line.release {
            None => {
                unstable.push((line.package.to_owned(), line.state.to_owned()));
                if let Some(row) = unstable_row(id, source, &line) {
                    intake.row(&Ecosystem::release_of("Debian", "any"), line.package, row);
                }
            }
            Some(codename) => {
                let Some(number) = releases::debian(codename) else { continue };
                let fixed = unstable
                    .iter()
                    .find(|(package, state)| package == line.package && !state.starts_with('<'));
                if let Some(row) = release_row(id, source, &line, fixed.map(|(_, version)| version.as_str()))
                {
                    intake.row(&Ecosystem::release_of("Debian", number), line.package, row);
                }
            }
        }
    }
}

/// `[release] - package state (details)`, the release being absent for unstable.
struct Line<'a> {
    release: Option<&'a str>,
    package: &'a str,
    state: &'a str,
    details: &'a str,
}

fn parse(line: &str) -> Option<Line<'_>> {
    let (release, rest) = match line.strip_prefix('[') {
        Some(rest) => {
            let (release, rest) = rest.split_once(']')?;
            (Some(release), rest.trim_start())
        }
        None => (None, line),
    };
    let rest = rest.strip_prefix("- ")?;
    let (head, details) = rest.split_once('(').unwrap_or((rest, ""));
    let mut words = head.split_whitespace();
    Some(Line {
        release,
        package: words.next()?,
        state: words.next()?,
        details: details.trim_end_matches(')').trim(),
    })
}

/// Unstable's state holds for each release that says nothing of its own: below its fixed version a release is affected,
/// though the fix itself is not in it.
fn unstable_row(id: &str, source: u16, line: &Line) -> Option<Row> {
    let urgency = line
        .details
        .split(';')
        .map(str::trim)
        .find(|word| matches!(*word, "unimportant" | "low" | "medium" | "high"));
    let mut row = match line.state {
        "<unfixed>" => Row::new(id, source, FixState::Affected).every_version(),
        "<not-affected>" => Row::new(id, source, FixState::NotAffected),
        state if state.starts_with('<') => return None,
        version => {
            let mut row = Row::new(id, source, FixState::Affected).fixed_in(version);
            row.ranges[0].fixed = None;
            row.note = Some(format!("fixed in unstable's {version}"));
            row
        }
    };
    row.urgency = urgency.map(str::to_owned);
    Some(row)
}

fn release_row(id: &str, source: u16, line: &Line, unstable: Option<&str>) -> Option<Row> {
    let state = match line.state {
        "<not-affected>" => return Some(Row::new(id, source, FixState::NotAffected)),
        "<no-dsa>" | "<unfixed>" => FixState::Affected,
        "<ignored>" => FixState::WillNotFix,
        "<postponed>" => FixState::Deferred,
        "<end-of-life>" => FixState::EndOfLife,
        state if state.starts_with('<') => return None,
        version => return Some(Row::new(id, source, FixState::Fixed).fixed_in(version)),
    };
    let mut row = Row::new(id, source, state);
    row = match unstable {
        // A release that has moved past unstable's fix has it, whatever was once decided.
        Some(version) => {
            let mut row = row.fixed_in(version);
            row.ranges[0].fixed = None;
            row
        }
        None => row.every_version(),
    };
    if !line.details.is_empty() {
        row.note = Some(format!("{}: {}", line.state.trim_matches(['<', '>']), line.details));
    }
    Some(row)
}

/// `21 Aug 2026` as `2026-08-21`.
fn long_date(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_whitespace();
    let (number, month, year) = (words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let date = format!("{year}-{month:02}-{:02}", number.parse::<u8>().ok()?);
    day(&date).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, advisories, vulnerabilities};
    use crate::{Ecosystem, Store, advisory::FixState, store::Builder};

    fn rows(read: impl Fn(&mut Intake), ecosystem: &str, package: &str) -> Vec<String> {
        let mut builder = Builder::new("2026-09-01");
        read(&mut Intake::new(&mut builder, "2026-09-01"));
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let rows = store.rows(&Ecosystem::parse(ecosystem).expect("known"), package).expect("sound");
        rows.iter()
            .map(|row| {
                let range = row.ranges.first().map(|range| range.interval.describe()).unwrap_or_default();
                let state = if row.state == FixState::Fixed {
                    "fixed".to_owned()
                } else {
                    format!("{:?}", row.state)
                };
                format!(
                    "{} {state} {range} {}",
                    row.id,
                    row.advisory.or(row.urgency).or(row.note).unwrap_or("-")
                )
            })
            .collect()
    }

    #[test]
    fn reads_advisories() {
        let text = "[21 Aug 2026] DSA-9-1 x - security update\n\t{CVE-2026-0001 CVE-2026-0002}\n\t[trixie] - x 2-1\n\t[bookworm] - x 1-9\n\tNOTE: y\n\
            [20 Aug 2026] DSA-8-1 x - security update\n\t[trixie] - x 1-1\n\t[trixie] - y <end-of-life>\n";
        assert_eq!(
            rows(|intake| advisories(text, intake), "Debian:13", "x"),
            [
                "CVE-2026-0001 fixed < 2-1 DSA-9-1",
                "CVE-2026-0002 fixed < 2-1 DSA-9-1",
                "DSA-8-1 fixed < 1-1 DSA-8-1",
            ]
        );
        assert_eq!(rows(|intake| advisories(text, intake), "Debian:12", "x").len(), 2);
    }

    #[test]
    fn reads_vulnerabilities() {
        let text = "CVE-2024-0001 (A flaw ...)\n\t{DSA-1-1}\n\t- x 1.5-1 (low; bug #1)\n\t[bookworm] - x <no-dsa> (Minor issue)\n\
            CVE-2024-0002\n\t- x <unfixed> (unimportant)\n\t[bookworm] - x <ignored> (No upstream fix)\n\tNOTE: n\n\
            CVE-2024-0003\n\t- x <not-affected> (Windows only)\n\t- z <removed>\n\t- w <undetermined>\n\
            CVE-2024-XXXX [title]\n\t- x 1\n";
        assert_eq!(
            rows(|intake| vulnerabilities(text, intake), "Debian:any", "x"),
            [
                "CVE-2024-0001 Affected < 1.5-1 low",
                "CVE-2024-0002 Affected any version unimportant",
                "CVE-2024-0003 NotAffected  -",
            ]
        );
        assert_eq!(
            rows(|intake| vulnerabilities(text, intake), "Debian:12", "x"),
            [
                "CVE-2024-0001 Affected < 1.5-1 no-dsa: Minor issue",
                "CVE-2024-0002 WillNotFix any version ignored: No upstream fix",
            ]
        );
    }
}
