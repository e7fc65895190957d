//! Writing OpenVEX 0.2 about what hardening took out, and nothing that is not a fact.

use super::purl::{Purl, encode};
use crate::finding::Scan;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Why a finding of the original image does not hold for the hardened one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Absence {
    /// No file of the package is left (`component_not_present`).
    Component,
    /// The package is listed, and no file of it that could run or be loaded is left (`vulnerable_code_not_present`).
    Code,
}

/// A finding that is gone, and why that is so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absent {
    /// The vulnerability's id.
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// The package URL of the package.
    pub purl: String,
    /// The package's name and version, for the sentence.
    pub package: String,
    /// What is absent.
    pub absence: Absence,
}

/// Who speaks, about which image, and when.
#[derive(Debug, Clone, Default)]
pub struct Authorship<'a> {
    /// The author: a person or an organisation.
    pub author: &'a str,
    /// The time of the document, RFC 3339 in UTC.
    pub timestamp: &'a str,
    /// The image's name: the last part of its repository.
    pub image: &'a str,
    /// Digests of the hardened image's manifest and indexes: `sha256:…`.
    pub digests: &'a [String],
    /// The program that wrote it, with its version.
    pub tooling: &'a str,
}

/// The findings of `before` whose package, or whose code, the hardened image does not hold.
///
/// `presence` says for a package URL what the hardened image has of the package: `None` if it is there with code that could
/// run. Notices and malware are left out, since VEX is about vulnerabilities.
#[must_use]
pub fn absences(before: &Scan, presence: impl Fn(&str) -> Option<Absence>) -> Vec<Absent> {
    let mut absent = BTreeSet::new();
    for finding in &before.findings {
        if finding.class != crate::advisory::Class::Vulnerability {
            continue;
        }
        if let Some(absence) = presence(&finding.package.purl) {
            absent.insert(Absent {
                id: finding.id.clone(),
                aliases: finding.aliases.clone(),
                purl: finding.package.purl.clone(),
                package: format!("{} {}", finding.package.name, finding.package.version),
                absence,
            });
        }
    }
    absent.into_iter().collect()
}

/// The OpenVEX document. `None` without a statement or without a digest to state it of, since OpenVEX wants both.
///
/// Products are spelt as scanners match them: `pkg:oci/NAME@DIGEST` without qualifiers for each digest, the package as
/// its subcomponent without architecture and distribution.
#[must_use]
pub fn openvex(absent: &[Absent], authorship: &Authorship) -> Option<Value> {
    if absent.is_empty() || authorship.digests.is_empty() {
        return None;
    }
    let mut grouped: BTreeMap<(&str, Absence), Vec<&Absent>> = BTreeMap::new();
    for entry in absent {
        grouped.entry((&entry.id, entry.absence)).or_default().push(entry);
    }
    let statements: Vec<Value> = grouped.values().map(|entries| statement(entries, authorship)).collect();
    Some(document(&statements, authorship))
}

/// A first document with these statements.
pub(super) fn document(statements: &[Value], authorship: &Authorship) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": name(statements, authorship.timestamp),
        "author": authorship.author,
        "role": "Document Creator",
        "timestamp": authorship.timestamp,
        "version": 1,
        "tooling": authorship.tooling,
        "statements": statements,
    })
}

/// The name of a document with these statements: it follows from them, so that the same make the same document.
pub(super) fn name(statements: &[Value], timestamp: &str) -> String {
    let body = serde_json::to_vec(statements).unwrap_or_default();
    let id =
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &[body.as_slice(), timestamp.as_bytes()].concat());
    format!("urn:uuid:{id}")
}

fn statement(entries: &[&Absent], authorship: &Authorship) -> Value {
    let first = entries[0];
    let packages: BTreeSet<&str> = entries.iter().map(|entry| entry.package.as_str()).collect();
    let packages = packages.into_iter().collect::<Vec<_>>().join(", ");
    let (justification, sentence) = match first.absence {
        Absence::Component => {
            ("component_not_present", format!("Hardening removed every file of {packages}."))
        }
        Absence::Code => (
            "vulnerable_code_not_present",
            format!("Hardening removed every file of {packages} that could be run or loaded."),
        ),
    };
    json!({
        "vulnerability": vulnerability(&first.id, &first.aliases),
        "products": products(entries.iter().map(|entry| entry.purl.as_str()), authorship),
        "status": "not_affected",
        "justification": justification,
        "impact_statement": sentence,
    })
}

pub(super) fn vulnerability(id: &str, aliases: &[String]) -> Value {
    match aliases {
        [] => json!({ "name": id }),
        _ => json!({ "name": id, "aliases": aliases }),
    }
}

/// The image, by each of its digests, with these packages in it.
pub(super) fn products<'a>(purls: impl Iterator<Item = &'a str>, authorship: &Authorship) -> Vec<Value> {
    let subcomponents: BTreeSet<String> = purls.map(bare).collect();
    let subcomponents: Vec<Value> = subcomponents.into_iter().map(|purl| json!({ "@id": purl })).collect();
    let image = encode(&authorship.image.to_ascii_lowercase());
    let product = |digest: &String| {
        let purl = format!("pkg:oci/{image}@{}", digest.replace(':', "%3A"));
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        json!({ "@id": purl, "identifiers": { "purl": purl }, "hashes": { "sha-256": hex }, "subcomponents": subcomponents })
    };
    authorship.digests.iter().map(product).collect()
}

/// The package URL without qualifiers, which scanners spell differently.
fn bare(purl: &str) -> String {
    let bare = purl.split(['?', '#']).next().unwrap_or_default();
    match Purl::parse(purl) {
        // The epoch is part of the version, not of where the package comes from.
        Some(parsed) if parsed.kind == "rpm" => match parsed.qualifiers.get("epoch") {
            Some(epoch) => format!("{bare}?epoch={epoch}"),
            None => bare.to_owned(),
        },
        _ => bare.to_owned(),
    }
}
