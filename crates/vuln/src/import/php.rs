//! FriendsOfPHP's advisories: YAML files with the affected versions of each branch.

use super::{
    intake::Intake,
    yaml::{text, texts},
};
use crate::{
    Ecosystem, Scheme,
    advisory::{Affected, FixState, Record, Row},
    range::{Interval, comparators, intersect},
};
use serde_json::Value;

/// Reads the document `name`. `None` if it is not of this shape.
pub(super) fn import(name: &str, document: &Value, intake: &mut Intake) -> Option<()> {
    let package = text(document, "reference")?.strip_prefix("composer://")?;
    let branches = document.get("branches")?.as_object()?;
    let source = intake.source("friendsofphp");
    let file = || Some(format!("{package}:{}", name.rsplit('/').next()?.split('.').next()?));
    let id = text(document, "cve").map(str::to_owned).or_else(file)?;
    let mut row = Row::new(&id, source, FixState::Affected);
    for branch in branches.values() {
        // All constraints of a branch must hold.
        let mut held = vec![Interval::ALL];
        for constraint in texts(branch, "versions") {
            let Some(intervals) = comparators(Scheme::Composer, constraint) else {
                intake.skip(source);
                return Some(());
            };
            held = intersect(Scheme::Composer, &held, &intervals);
        }
        for interval in held.into_iter().filter(|interval| *interval != Interval::ALL) {
            let fixed =
                interval.high.as_ref().filter(|high| !high.inclusive).map(|high| high.version.clone());
            if fixed.is_some() {
                row.state = FixState::Fixed;
            }
            row.ranges.push(Affected { interval, fixed });
        }
    }
    let date = branches.values().filter_map(|branch| text(branch, "time")).max();
    intake.read(source, date);
    row.ranges.sort();
    row.ranges.dedup();
    intake.row(&Ecosystem::parse("Packagist")?, package, row);
    let record = Record {
        summary: text(document, "title").map(str::to_owned),
        published: branches.values().filter_map(|branch| text(branch, "time")).min().map(str::to_owned),
        links: text(document, "link").map(str::to_owned).into_iter().collect(),
        ..Record::default()
    };
    intake.record(&id, record);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{intake::Intake, yaml},
        import,
    };
    use crate::{Ecosystem, Store, store::Builder};

    #[test]
    fn reads_branches() {
        let text = "title: A flaw\nlink: https://example.com/a\ncve: CVE-2024-0001\nbranches:\n  2.0.x:\n    time: 2024-01-02 03:04:05\n    versions: ['>=2.0.0', '<2.0.5']\n  \
            1.x:\n    time: null\n    versions: ['<1.9']\nreference: composer://Vendor/pkg\n";
        let mut builder = Builder::new("2026-01-01");
        let document = yaml::read(text).expect("YAML");
        import("vendor/pkg/x.yaml", &document, &mut Intake::new(&mut builder, "2026-01-01"))
            .expect("the shape");
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let rows = store.rows(&Ecosystem::parse("Packagist").expect("known"), "vendor/pkg").expect("sound");
        let ranges: Vec<_> =
            rows[0].ranges.iter().map(|range| (range.interval.describe(), range.fixed)).collect();
        assert_eq!(
            ranges,
            [("< 1.9".to_owned(), Some("1.9")), (">= 2.0.0, < 2.0.5".to_owned(), Some("2.0.5"))]
        );
    }
}
