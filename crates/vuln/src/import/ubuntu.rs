//! The Ubuntu CVE tracker: one text file for each CVE, with a status for each release and source package.

use super::{
    intake::{Intake, rating},
    releases,
};
use crate::{
    Ecosystem,
    advisory::{FixState, Record, Row},
};
use std::collections::BTreeMap;

/// Whether `text` begins as a file of the tracker does.
pub(super) fn is_tracker(text: &str) -> bool {
    text.lines().take(12).any(|line| line.starts_with("Candidate:"))
}

/// Reads one file.
pub(super) fn import(text: &str, intake: &mut Intake) -> Option<()> {
    let source = intake.source("ubuntu");
    let mut id = None;
    let mut record = Record::default();
    let mut description = String::new();
    let mut section = "";
    let mut priorities: BTreeMap<&str, &str> = BTreeMap::new();
    let mut statuses: Vec<(&str, &str, &str)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            match section {
                "Description" => description.extend([line.trim(), "\n"]),
                "CVSS" => record.ratings.extend(vector(line).map(|vector| rating(source, vector))),
                _ => {}
            }
            continue;
        }
        let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { continue };
        let value = value.trim();
        section = key;
        match key {
            "Candidate" => id = Some(value),
            "PublicDate" => record.published = Some(value.to_owned()),
            "CVSS" => record.ratings.extend(vector(value).map(|vector| rating(source, vector))),
            _ if key.starts_with("Priority") => {
                priorities.insert(
                    key.strip_prefix("Priority_").unwrap_or_default(),
                    value.split_whitespace().next().unwrap_or_default(),
                );
            }
            _ => {
                if let Some((release, package)) = key.split_once('_').filter(|_| !key.starts_with("Patches_"))
                {
                    statuses.push((release, package, value));
                }
            }
        }
    }
    let id = id?;
    intake.read(source, record.published.as_deref());
    record.summary = Some(description);
    intake.record(id, record);
    for (release, package, status) in statuses {
        let Some(ecosystem) = ecosystem(release) else { continue };
        let Some(mut row) = row(id, source, status) else { continue };
        // The priority of the package in the release, of the package, of the CVE: the first that is stated.
        let codename = release.rsplit('/').find(|part| releases::ubuntu(part).is_some()).unwrap_or(release);
        let exact = format!("{package}_{codename}");
        let priority =
            priorities.get(exact.as_str()).or_else(|| priorities.get(package)).or_else(|| priorities.get(""));
        row.urgency = priority.map(|&priority| priority.to_owned());
        intake.row(&ecosystem, package, row);
    }
    Some(())
}

/// `jammy` is the release itself; `esm-infra/xenial`, `esm-apps/jammy` and `trusty/esm` are Ubuntu Pro's.
fn ecosystem(release: &str) -> Option<Ecosystem> {
    if let Some(number) = releases::ubuntu(release) {
        return Some(Ecosystem::release_of("Ubuntu", number));
    }
    let codename = match release.split_once('/')? {
        ("esm-infra" | "esm-apps", codename) => codename,
        (codename, "esm") => codename,
        // FIPS and vendors' kernels are other products.
        _ => return None,
    };
    let number = releases::ubuntu(codename)?;
    Some(Ecosystem::release_of("Ubuntu:Pro", number))
}

fn row(id: &str, source: u16, status: &str) -> Option<Row> {
    let (word, detail) = status.split_once(' ').unwrap_or((status, ""));
    let detail = detail.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']).trim();
    let open = |state| Row {
        note: (!detail.is_empty()).then(|| detail.to_owned()),
        ..Row::new(id, source, state).every_version()
    };
    Some(match word {
        "released" if !detail.is_empty() => Row::new(id, source, FixState::Fixed).fixed_in(detail),
        // A version in the note says since when; without one no version was ever affected.
        "not-affected" if detail.starts_with(|c: char| c.is_ascii_digit()) && !detail.contains(' ') => {
            Row::new(id, source, FixState::Fixed).fixed_in(detail)
        }
        "not-affected" => Row::new(id, source, FixState::NotAffected),
        "needed" | "active" | "in-progress" | "pending" => open(FixState::Affected),
        "needs-triage" => open(FixState::UnderInvestigation),
        "deferred" => open(FixState::Deferred),
        "ignored"
            if detail.contains("end of") || detail.contains("end-of-life") || detail.contains("out of") =>
        {
            open(FixState::EndOfLife)
        }
        "ignored" => open(FixState::WillNotFix),
        _ => return None,
    })
}

fn vector(line: &str) -> Option<&str> {
    line.split_whitespace().find(|word| word.starts_with("CVSS:"))
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import, is_tracker};
    use crate::{Ecosystem, Store, advisory::FixState, store::Builder};

    const FILE: &str = "PublicDateAtUSN: 2023-02-07\nCandidate: CVE-2023-0001\nPublicDate: 2023-02-08 20:15:00 UTC\nDescription:\n A type confusion\n vulnerability.\n\
        Notes:\nPriority: high\nCVSS:\n nvd: CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:H [7.4 HIGH]\n\nPatches_x:\nPriority_x_focal: low\nupstream_x: released (3.0)\n\
        esm-infra/xenial_x: released (1.0-1+esm6)\nxenial_x: ignored (end of standard support)\nfips/focal_x: needed\nfocal_x: released (1.1-1ubuntu2)\n\
        jammy_x: needs-triage\nmantic_x: not-affected (code not present)\nbionic_x: DNE\n";

    #[test]
    fn reads_a_file() {
        assert!(is_tracker(FILE));
        let mut builder = Builder::new("2026-01-01");
        import(FILE, &mut Intake::new(&mut builder, "2026-01-01")).expect("the shape");
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let state = |ecosystem: &str| {
            let rows = store.rows(&Ecosystem::parse(ecosystem).expect("known"), "x").expect("sound");
            rows.first().map(|row| (row.state, row.urgency.map(str::to_owned)))
        };
        let with = |state, urgency: &str| Some((state, Some(urgency.to_owned())));
        assert_eq!(state("Ubuntu:20.04"), with(FixState::Fixed, "low"));
        assert_eq!(state("Ubuntu:22.04"), with(FixState::UnderInvestigation, "high"));
        assert_eq!(state("Ubuntu:16.04"), with(FixState::EndOfLife, "high"));
        assert_eq!(state("Ubuntu:Pro:16.04"), with(FixState::Fixed, "high"));
        assert_eq!(state("Ubuntu:23.10"), with(FixState::NotAffected, "high"));
        assert_eq!(state("Ubuntu:18.04"), None);
        let record = store.record("CVE-2023-0001").expect("sound").expect("recorded");
        assert_eq!((record.summary, record.ratings.len()), (Some("A type confusion vulnerability."), 1));
    }
}
