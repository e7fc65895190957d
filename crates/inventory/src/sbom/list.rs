//! Our own JSON, lists of package URLs, and a table for people.

use casehard_oci::escape;
use serde_json::{Map, Value, json};

use super::{Described, Sbom, Stamp, date::rfc3339};
use crate::Presence;

/// What our own JSON calls itself.
pub(super) const OWN_FORMAT: &str = "casehard-sbom";

/// Everything.
pub(super) fn own(sbom: &Sbom, stamp: &Stamp) -> Value {
    let mut document = Map::new();
    document.insert("format".to_owned(), json!(OWN_FORMAT));
    document.insert("version".to_owned(), json!(1));
    document.insert("id".to_owned(), json!(format!("urn:uuid:{}", sbom.uuid("casehard"))));
    document.insert("created".to_owned(), json!(rfc3339(stamp.created)));
    document.insert("tool".to_owned(), json!({ "name": "casehard", "version": stamp.tool_version }));
    if let Ok(Value::Object(fields)) = serde_json::to_value(sbom) {
        document.extend(fields);
    }
    Value::Object(document)
}

/// The image's package URL: no qualifiers, so that statements about it match everywhere.
pub(super) fn image_purl(subject: &Described) -> Option<String> {
    let digest = subject.digest.strip_prefix("sha256:")?;
    // The last part of the reference without tag and digest; of a path, the file's name.
    let name = subject.name.split('@').next()?.rsplit(['/', ':']).find(|part| !part.is_empty())?;
    let last = subject.name.split('@').next()?.rsplit('/').next()?;
    let name = last.split(':').next().filter(|name| !name.is_empty()).unwrap_or(name);
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' })
        .collect();
    Some(format!("pkg:oci/{name}@sha256%3A{digest}"))
}

/// One package URL per line.
pub(super) fn purls(sbom: &Sbom) -> String {
    let mut lines: Vec<&str> =
        sbom.things().map(|one| one.purl.as_str()).filter(|purl| !purl.is_empty()).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.iter().flat_map(|line| [*line, "\n"]).collect()
}

/// Name, version, type and what is to be said, in columns.
pub(super) fn table(sbom: &Sbom) -> String {
    let show = |text: &str| escape(text.as_bytes()).into_owned();
    let mut rows = vec![["NAME", "VERSION", "TYPE", ""].map(str::to_owned)];
    for one in sbom.things() {
        let note = match one.presence {
            Presence::Whole => "",
            Presence::Partial => "partial",
            Presence::Phantom => "phantom: its files are gone",
        };
        rows.push([show(&one.name), show(&one.version), one.ecosystem.to_string(), note.to_owned()]);
    }
    let mut widths = [0; 3];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        line.push_str(&row[3]);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if !sbom.unowned.is_empty() {
        text.push_str(&format!(
            "{} files belong to no package (--format json lists them)\n",
            sbom.unowned.len()
        ));
    }
    for one in &sbom.unknowns {
        text.push_str(&format!("not read: {}: {}\n", one.path, show(&one.why)));
    }
    text
}
