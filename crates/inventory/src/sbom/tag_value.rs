//! SPDX 2.3 tag-value (SPDX 2.3, clause 6 and following), from the JSON form of the same document.

use serde_json::{Map, Value, json};

pub(super) fn text(document: &Value) -> String {
    let mut out = String::new();
    for (tag, key) in [
        ("SPDXVersion", "spdxVersion"),
        ("DataLicense", "dataLicense"),
        ("SPDXID", "SPDXID"),
        ("DocumentName", "name"),
        ("DocumentNamespace", "documentNamespace"),
    ] {
        line(&mut out, tag, document[key].as_str());
    }
    block(&mut out, "DocumentComment", document["comment"].as_str());
    for creator in list(&document["creationInfo"]["creators"]) {
        line(&mut out, "Creator", creator.as_str());
    }
    line(&mut out, "Created", document["creationInfo"]["created"].as_str());
    for package in list(&document["packages"]) {
        out.push('\n');
        one_package(&mut out, package);
    }
    for license in list(&document["hasExtractedLicensingInfos"]) {
        out.push('\n');
        line(&mut out, "LicenseID", license["licenseId"].as_str());
        block(&mut out, "ExtractedText", license["extractedText"].as_str());
        line(&mut out, "LicenseName", license["name"].as_str());
    }
    out.push('\n');
    for relation in list(&document["relationships"]) {
        let field = |key: &str| relation[key].as_str().unwrap_or_default();
        let value =
            [field("spdxElementId"), field("relationshipType"), field("relatedSpdxElement")].join(" ");
        line(&mut out, "Relationship", Some(&value));
    }
    out
}

fn one_package(out: &mut String, package: &Value) {
    for (tag, key) in [
        ("PackageName", "name"),
        ("SPDXID", "SPDXID"),
        ("PackageVersion", "versionInfo"),
        ("PackageSupplier", "supplier"),
        ("PackageDownloadLocation", "downloadLocation"),
    ] {
        line(out, tag, package[key].as_str());
    }
    line(out, "PrimaryPackagePurpose", package["primaryPackagePurpose"].as_str());
    line(out, "FilesAnalyzed", Some("false"));
    for checksum in list(&package["checksums"]) {
        let field = |key: &str| checksum[key].as_str().unwrap_or_default();
        line(out, "PackageChecksum", Some(&format!("{}: {}", field("algorithm"), field("checksumValue"))));
    }
    block(out, "PackageSourceInfo", package["sourceInfo"].as_str());
    line(out, "PackageLicenseConcluded", package["licenseConcluded"].as_str());
    line(out, "PackageLicenseDeclared", package["licenseDeclared"].as_str());
    line(out, "PackageCopyrightText", package["copyrightText"].as_str());
    block(out, "PackageSummary", package["summary"].as_str());
    block(out, "PackageComment", package["comment"].as_str());
    for reference in list(&package["externalRefs"]) {
        let field = |key: &str| reference[key].as_str().unwrap_or_default();
        let value = [field("referenceCategory"), field("referenceType"), field("referenceLocator")].join(" ");
        line(out, "ExternalRef", Some(&value));
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A tag and its value on one line; line breaks in hostile values must not begin another tag.
fn line(out: &mut String, tag: &str, value: Option<&str>) {
    if let Some(value) = value {
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        out.push_str(tag);
        out.push_str(": ");
        out.push_str(&value);
        out.push('\n');
    }
}

/// A tag and its value between `<text>` marks, which the value cannot close.
fn block(out: &mut String, tag: &str, value: Option<&str>) {
    if let Some(value) = value {
        let value = value.replace("</text>", "</ text>").replace('\r', " ");
        out.push_str(&format!("{tag}: <text>{value}</text>\n"));
    }
}

/// The JSON form of a tag-value document, as far as packages need it.
pub(super) fn parse(text: &str) -> Value {
    const OF_PACKAGE: &[(&str, &str)] = &[
        ("PackageName", "name"),
        ("SPDXID", "SPDXID"),
        ("PackageVersion", "versionInfo"),
        ("PackageSupplier", "supplier"),
        ("PrimaryPackagePurpose", "primaryPackagePurpose"),
        ("PackageSourceInfo", "sourceInfo"),
        ("PackageLicenseDeclared", "licenseDeclared"),
        ("PackageSummary", "summary"),
        ("PackageComment", "comment"),
    ];
    let mut document = Map::new();
    let mut packages: Vec<Map<String, Value>> = Vec::new();
    let mut rest = text;
    while let Some((tag, value, tail)) = next_tag(rest) {
        rest = tail;
        match tag {
            "PackageName" => packages.push(Map::new()),
            // What follows the packages is about files, snippets or licences.
            "FileName" | "SnippetSPDXID" | "LicenseID" => packages.push(Map::new()),
            _ => {}
        }
        let Some(package) = packages.last_mut() else {
            if tag == "DocumentName" {
                document.insert("name".to_owned(), json!(value));
            }
            continue;
        };
        if tag == "ExternalRef" {
            let mut words = value.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default();
            let reference =
                json!({ "referenceCategory": word(), "referenceType": word(), "referenceLocator": word() });
            let list = package.entry("externalRefs").or_insert_with(|| json!([]));
            list.as_array_mut().into_iter().for_each(|list| list.push(reference.clone()));
        } else if let Some((_, key)) = OF_PACKAGE.iter().find(|(name, _)| *name == tag) {
            package.insert((*key).to_owned(), json!(value));
        }
    }
    packages.retain(|package| package.contains_key("name"));
    document.insert("spdxVersion".to_owned(), json!("SPDX-2.3"));
    document.insert("packages".to_owned(), packages.into_iter().map(Value::Object).collect());
    Value::Object(document)
}

/// The next tag, its value without `<text>` marks, and what follows.
fn next_tag(text: &str) -> Option<(&str, &str, &str)> {
    let mut rest = text;
    loop {
        let line = rest.lines().next()?;
        let after = rest.get(line.len()..).unwrap_or_default();
        let after = after.trim_start_matches('\r').strip_prefix('\n').unwrap_or_default();
        let Some((tag, value)) =
            line.split_once(':').filter(|(tag, _)| !tag.starts_with('#') && !tag.contains(' '))
        else {
            if after.is_empty() {
                return None;
            }
            rest = after;
            continue;
        };
        let value = value.trim();
        if !value.starts_with("<text>") {
            return Some((tag, value, after));
        }
        let begin = rest.find("<text>")? + "<text>".len();
        let inner = &rest[begin..];
        let end = inner.find("</text>").unwrap_or(inner.len());
        let tail = inner.get(end + "</text>".len()..).unwrap_or_default();
        return Some((tag, &inner[..end], tail.trim_start_matches(['\r', '\n'])));
    }
}
