//! ruby-advisory-db: one YAML file for each advisory, stating which versions are *not* affected.

use super::{
    intake::{Intake, rating},
    yaml::{text, texts},
};
use crate::{
    Ecosystem, Scheme,
    advisory::{Affected, FixState, Record, Row},
    range::{complement, gem},
};
use serde_json::Value;

/// Reads the document `name`. `None` if it is not of this shape.
pub(super) fn import(name: &str, document: &Value, intake: &mut Intake) -> Option<()> {
    let (ecosystem, package) = match (text(document, "gem"), text(document, "engine")) {
        (Some(gem), _) => ("RubyGems", gem),
        (None, Some(engine)) => ("Ruby", engine),
        (None, None) => return None,
    };
    let source = intake.source("rubysec");
    let cve = text(document, "cve").map(|number| format!("CVE-{number}"));
    let ghsa = text(document, "ghsa").map(|name| format!("GHSA-{name}"));
    let file = || name.rsplit('/').next().and_then(|name| name.split('.').next()).map(str::to_owned);
    let id = cve.clone().or_else(|| ghsa.clone()).or_else(file)?;
    let mut safe = Vec::new();
    let mut patched = Vec::new();
    for (field, fixes) in [("patched_versions", true), ("unaffected_versions", false)] {
        for requirement in texts(document, field) {
            let Some(intervals) = gem(requirement) else {
                intake.skip(source);
                return Some(());
            };
            if fixes {
                patched.extend(intervals.iter().filter_map(|interval| interval.low.clone()));
            }
            safe.extend(intervals);
        }
    }
    intake.read(source, text(document, "date"));
    let mut row = Row::new(&id, source, FixState::Affected);
    for interval in complement(Scheme::Gem, &safe) {
        // The version that ends an affected interval is a fix if a patched one begins there.
        let high = interval.high.as_ref().filter(|high| !high.inclusive).map(|high| high.version.clone());
        let fixed = high.filter(|high| patched.iter().any(|low| low.inclusive && low.version == *high));
        if fixed.is_some() {
            row.state = FixState::Fixed;
        }
        row.ranges.push(Affected { interval, fixed });
    }
    if row.ranges.is_empty() {
        return Some(());
    }
    intake.row(&Ecosystem::parse(ecosystem)?, package, row);
    let vectors = ["cvss_v4", "cvss_v3", "cvss_v2"].iter().filter_map(|field| text(document, field));
    let record = Record {
        aliases: ghsa.into_iter().filter(|alias| *alias != id).collect(),
        summary: text(document, "title").map(str::to_owned),
        published: text(document, "date").map(str::to_owned),
        // Numbers here are base scores without a vector.
        ratings: vectors.map(|score| rating(source, score)).collect(),
        links: text(document, "url").map(str::to_owned).into_iter().collect(),
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
    fn turns_safe_versions_into_affected_ones() {
        let text = "---\ngem: x\ncve: 2020-8164\nghsa: aaaa-bbbb-cccc\ntitle: A flaw\ndate: 2020-05-18\ncvss_v3: 7.5\nunaffected_versions:\n  - \"< 4.0\"\n\
            patched_versions:\n  - \"~> 5.2.4, >= 5.2.4.3\"\n  - \">= 6.0.3.1\"\n";
        let mut builder = Builder::new("2026-01-01");
        let document = yaml::read(text).expect("YAML");
        import("gems/x/CVE-2020-8164.yml", &document, &mut Intake::new(&mut builder, "2026-01-01"))
            .expect("the shape");
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let rows = store.rows(&Ecosystem::parse("RubyGems").expect("known"), "x").expect("sound");
        let ranges: Vec<_> =
            rows[0].ranges.iter().map(|range| (range.interval.describe(), range.fixed)).collect();
        assert_eq!(
            ranges,
            [
                (">= 4.0, < 5.2.4.3".to_owned(), Some("5.2.4.3")),
                (">= 5.3.a, < 6.0.3.1".to_owned(), Some("6.0.3.1")),
            ]
        );
        assert_eq!(store.ids_with_alias("GHSA-aaaa-bbbb-cccc").expect("sound"), ["CVE-2020-8164"]);
    }
}
