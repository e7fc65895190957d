//! CISA's catalog of known exploited vulnerabilities, as JSON and as CSV.

use super::intake::Intake;
use crate::advisory::{Exploited, Record};
use serde::Deserialize;

/// The catalog as JSON.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Catalog {
    #[allow(dead_code, reason = "its presence is what tells this document from others")]
    catalog_version: String,
    #[serde(default)]
    date_released: Option<String>,
    vulnerabilities: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "cveID")]
    cve: String,
    date_added: String,
    #[serde(default)]
    due_date: Option<String>,
    #[serde(default)]
    known_ransomware_campaign_use: Option<String>,
    #[serde(default)]
    cwes: Vec<String>,
}

/// Reads the catalog.
pub(super) fn import(catalog: Catalog, intake: &mut Intake) {
    let source = intake.source("kev");
    for entry in catalog.vulnerabilities {
        intake.read(source, catalog.date_released.as_deref());
        add(entry, intake);
    }
}

fn add(entry: Entry, intake: &mut Intake) {
    let ransomware = entry.known_ransomware_campaign_use.as_deref() == Some("Known");
    let exploited =
        Exploited { added: entry.date_added, due: entry.due_date.filter(|due| !due.is_empty()), ransomware };
    intake.builder.exploited(&entry.cve, exploited);
    if !entry.cwes.is_empty() {
        intake.record(&entry.cve, Record { weaknesses: entry.cwes, ..Record::default() });
    }
}

/// Reads the catalog as CSV. `None` if a column is missing.
pub(super) fn import_csv(text: &str, intake: &mut Intake) -> Option<()> {
    let mut rows = rows(text).into_iter();
    let header = rows.next()?;
    let column = |name: &str| header.iter().position(|column| column == name);
    let (cve, added) = (column("cveID")?, column("dateAdded")?);
    let (due, ransomware) = (column("dueDate")?, column("knownRansomwareCampaignUse")?);
    let source = intake.source("kev");
    for row in rows {
        let field = |at: usize| row.get(at).cloned();
        let (Some(cve), Some(date_added)) = (field(cve), field(added)) else { continue };
        intake.read(source, Some(&date_added));
        let entry = Entry {
            cve,
            date_added,
            due_date: field(due),
            known_ransomware_campaign_use: field(ransomware),
            cwes: Vec::new(),
        };
        add(entry, intake);
    }
    Some(())
}

/// The records of a CSV document (RFC 4180).
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                field.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            other => field.push(other),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import, import_csv};
    use crate::{Store, store::Builder};

    #[test]
    fn json_and_csv_agree() {
        let read = |read: &dyn Fn(&mut Intake)| {
            let mut builder = Builder::new("2026-01-01");
            read(&mut Intake::new(&mut builder, "2026-01-01"));
            let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
            store.exploited("CVE-2025-0001").expect("sound").expect("listed")
        };
        let json = r#"{"catalogVersion":"2025.11.14","vulnerabilities":[{"cveID":"CVE-2025-0001","dateAdded":"2025-11-14","dueDate":"2025-11-21","knownRansomwareCampaignUse":"Known"}]}"#;
        let csv = "cveID,vendorProject,dateAdded,shortDescription,dueDate,knownRansomwareCampaignUse\nCVE-2025-0001,X,2025-11-14,\"a, \"\"b\"\"\nc\",2025-11-21,Known\n";
        let from_json = read(&|intake| import(serde_json::from_str(json).expect("JSON"), intake));
        let from_csv = read(&|intake| import_csv(csv, intake).expect("CSV"));
        assert_eq!(from_json, from_csv);
        assert!(from_csv.ransomware && from_csv.due.as_deref() == Some("2025-11-21"));
    }
}
