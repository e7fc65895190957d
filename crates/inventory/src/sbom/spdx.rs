//! SPDX 2.3, in the shape from which other scanners read the image, the distribution and source packages.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Component, Sbom, Stamp, date::rfc3339, licence, list};

const IMAGE: &str = "SPDXRef-Image";

pub(super) fn document(sbom: &Sbom, stamp: &Stamp) -> Value {
    let mut references: BTreeMap<String, String> = BTreeMap::new();
    let ids: BTreeMap<&str, String> = sbom.things().map(|one| (one.id.as_str(), package_id(one))).collect();
    let mut packages = vec![image(sbom)];
    let mut relations = vec![relation("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)];
    let os = sbom.distribution.as_ref().map(|os| format!("SPDXRef-OperatingSystem-{}", word(&os.id)));
    if let (Some(os), Some(id)) = (&sbom.distribution, &os) {
        let mut package = package(id, &os.id, &os.version);
        package.insert("primaryPackagePurpose".to_owned(), json!("OPERATING_SYSTEM"));
        packages.push(Value::Object(package));
        relations.push(relation(IMAGE, "CONTAINS", id));
    }
    if let Some(base) = &sbom.subject.base {
        let name = if base.name.is_empty() { "base" } else { &base.name };
        let mut package = package("SPDXRef-BaseImage", name, &base.digest);
        package.insert("primaryPackagePurpose".to_owned(), json!("CONTAINER"));
        packages.push(Value::Object(package));
        relations.push(relation(IMAGE, "DESCENDANT_OF", "SPDXRef-BaseImage"));
    }
    for one in sbom.things() {
        packages.push(component(sbom, one, &ids[one.id.as_str()], &mut references));
        let holder = os.as_deref().filter(|_| one.ecosystem.is_distribution()).unwrap_or(IMAGE);
        relations.push(relation(holder, "CONTAINS", &ids[one.id.as_str()]));
    }
    for one in sbom.things() {
        for need in one.depends_on.iter().filter_map(|need| ids.get(need.as_str())) {
            relations.push(relation(&ids[one.id.as_str()], "DEPENDS_ON", need));
        }
    }
    let uuid = sbom.uuid("spdx");
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": sbom.subject.name,
        "documentNamespace": format!("https://casehard.dev/spdx/{}-{uuid}", word(&sbom.subject.name)),
        "creationInfo": {
            "created": rfc3339(stamp.created),
            "creators": [format!("Tool: casehard-{}", stamp.tool_version), "Organization: casehard"],
        },
        "packages": packages,
        "relationships": relations,
    });
    if !sbom.unknowns.is_empty() {
        let lines: Vec<String> =
            sbom.unknowns.iter().map(|one| format!("not read: {}: {}", one.path, one.why)).collect();
        document["comment"] = json!(lines.join("\n"));
    }
    if !references.is_empty() {
        let extracted =
            |(id, text): (String, String)| json!({ "licenseId": id, "extractedText": text, "name": text });
        document["hasExtractedLicensingInfos"] = references.into_iter().map(extracted).collect();
    }
    document
}

/// The fields that every package has.
fn package(id: &str, name: &str, version: &str) -> Map<String, Value> {
    let mut package = Map::new();
    for (key, value) in [
        ("SPDXID", json!(id)),
        ("name", json!(name)),
        ("downloadLocation", json!("NOASSERTION")),
        ("filesAnalyzed", json!(false)),
        ("licenseConcluded", json!("NOASSERTION")),
        ("licenseDeclared", json!("NOASSERTION")),
        ("copyrightText", json!("NOASSERTION")),
        ("supplier", json!("NOASSERTION")),
    ] {
        package.insert(key.to_owned(), value);
    }
    if !version.is_empty() {
        package.insert("versionInfo".to_owned(), json!(version));
    }
    package
}

fn image(sbom: &Sbom) -> Value {
    let subject = &sbom.subject;
    let mut package = package(IMAGE, &subject.name, &subject.digest);
    package.insert("primaryPackagePurpose".to_owned(), json!("CONTAINER"));
    if let Some(hex) = subject.digest.strip_prefix("sha256:") {
        package.insert("checksums".to_owned(), json!([{ "algorithm": "SHA256", "checksumValue": hex }]));
    }
    if let Some(purl) = list::image_purl(subject) {
        package.insert("externalRefs".to_owned(), json!([purl_reference(&purl)]));
    }
    Value::Object(package)
}

fn component(sbom: &Sbom, one: &Component, id: &str, references: &mut BTreeMap<String, String>) -> Value {
    let mut package = package(id, &one.name, &one.version);
    if let Some((expression, named)) = licence::expression(&one.licenses) {
        package.insert("licenseDeclared".to_owned(), json!(expression));
        references.extend(named);
    }
    if let Some(supplier) = one.supplier.as_deref().map(one_line).filter(|supplier| !supplier.is_empty()) {
        package.insert("supplier".to_owned(), json!(supplier_of(&supplier)));
    }
    if let Some(summary) = one.summary.as_deref().filter(|summary| !summary.is_empty()) {
        package.insert("summary".to_owned(), json!(summary));
    }
    let version = |version: &str| if version.is_empty() { String::new() } else { format!(" {version}") };
    if one.ecosystem.is_distribution() {
        let (name, built) = match &one.source {
            Some(source) => (&source.name, &source.version),
            None => (&one.name, &one.version),
        };
        package
            .insert("sourceInfo".to_owned(), json!(format!("built package from: {name}{}", version(built))));
    }
    let mut external = Vec::new();
    if !one.purl.is_empty() {
        external.push(purl_reference(&one.purl));
    }
    for cpe in &one.cpes {
        external.push(
            json!({ "referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": cpe }),
        );
    }
    if !external.is_empty() {
        package.insert("externalRefs".to_owned(), Value::Array(external));
    }
    let mut comment: Vec<String> = one.locations.iter().map(|path| format!("found in: {path}")).collect();
    comment
        .extend(one.layer.and_then(|at| sbom.subject.layers.get(at)).map(|layer| format!("layer: {layer}")));
    if one.presence != crate::Presence::Whole {
        comment.push(format!("presence: {}", if one.remaining.is_empty() { "phantom" } else { "partial" }));
        comment.extend(one.remaining.iter().map(|path| format!("remaining: {path}")));
    }
    if !comment.is_empty() {
        package.insert("comment".to_owned(), json!(comment.join("\n")));
    }
    Value::Object(package)
}

fn purl_reference(purl: &str) -> Value {
    json!({ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl })
}

/// `Person: name (address)` as far as an address is stated, else `Organization: name`.
fn supplier_of(stated: &str) -> String {
    match stated.split_once('<') {
        Some((name, rest)) if !name.trim().is_empty() => {
            let address = rest.split('>').next().unwrap_or_default();
            format!("Person: {} ({address})", name.trim().replace(['(', ')'], ""))
        }
        _ => format!("Organization: {}", stated.replace(['(', ')', '<', '>'], "")),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn relation(from: &str, kind: &str, to: &str) -> Value {
    json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to })
}

/// Letters, digits, `.` and `-`; an id must hold nothing else.
fn word(text: &str) -> String {
    let word: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '-' })
        .take(100)
        .collect();
    word.trim_matches('-').to_owned()
}

/// Readable, and unique by a digest of the component's id.
fn package_id(one: &Component) -> String {
    let digest = casehard_oci::Digest::of(one.id.as_bytes()).hex();
    format!("SPDXRef-Package-{}-{}-{}", one.ecosystem, word(&one.name), &digest[..16])
}
