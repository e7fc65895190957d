//! Wolfi's advisories in YAML (schema version 2): one file for each package, with the events of each advisory.

use super::{
    intake::{Intake, is_cve},
    yaml::{text, texts},
};
use crate::{
    Ecosystem,
    advisory::{FixState, Record, Row},
};
use serde_json::Value;

/// Reads a document. `None` if it is not of this shape.
pub(super) fn import(document: &Value, intake: &mut Intake) -> Option<()> {
    text(document, "schema-version")?;
    let package = text(document.get("package")?, "name")?;
    let source = intake.source("wolfi");
    let ecosystem = Ecosystem::parse("Wolfi")?;
    for advisory in document.get("advisories")?.as_array()? {
        let Some(own) = text(advisory, "id") else { continue };
        let names: Vec<&str> = texts(advisory, "aliases").collect();
        let id = names.iter().copied().find(|id| is_cve(id)).or(names.first().copied()).unwrap_or(own);
        // The newest event counts; times are RFC 3339 in UTC and sort as text.
        let events = advisory.get("events").and_then(Value::as_array);
        let Some(event) =
            events.and_then(|events| events.iter().max_by_key(|event| text(event, "timestamp")))
        else {
            intake.skip(source);
            continue;
        };
        intake.read(source, text(event, "timestamp"));
        let mut row = match text(event, "type").unwrap_or_default() {
            "fixed" => {
                let Some(version) = event.get("data").and_then(|data| text(data, "fixed-version")) else {
                    continue;
                };
                Row::new(id, source, FixState::Fixed).fixed_in(version)
            }
            "false-positive-determination" => Row::new(id, source, FixState::NotAffected),
            "fix-not-planned" | "analysis-not-planned" => {
                Row::new(id, source, FixState::WillNotFix).every_version()
            }
            "pending-upstream-fix" | "true-positive-determination" => {
                Row::new(id, source, FixState::Affected).every_version()
            }
            _ => Row::new(id, source, FixState::UnderInvestigation).every_version(),
        };
        row.note = event.get("data").and_then(|data| text(data, "note")).map(str::to_owned);
        intake.row(&ecosystem, package, row);
        let aliases =
            names.iter().copied().chain([own]).filter(|alias| *alias != id).map(str::to_owned).collect();
        intake.record(id, Record { aliases, ..Record::default() });
    }
    Some(())
}
