//! Red Hat's CSAF documents: advisories (RHSA) and VEX files (one for each CVE), by product and package.

use super::intake::{Intake, rating};
use crate::{
    Ecosystem,
    advisory::{FixState, Record, Row},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Deepest branch of a product tree.
const DEPTH: usize = 16;

#[derive(Debug, Deserialize)]
pub(super) struct Csaf {
    document: Value,
    #[serde(default)]
    product_tree: ProductTree,
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Debug, Default, Deserialize)]
struct ProductTree {
    #[serde(default)]
    branches: Vec<Value>,
    #[serde(default)]
    relationships: Vec<Relationship>,
}

#[derive(Debug, Deserialize)]
struct Relationship {
    full_product_name: FullProductName,
    product_reference: String,
    relates_to_product_reference: String,
}

#[derive(Debug, Deserialize)]
struct FullProductName {
    product_id: String,
}

#[derive(Debug, Deserialize)]
struct Vulnerability {
    #[serde(default)]
    cve: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    cwe: Option<Value>,
    #[serde(default)]
    release_date: Option<String>,
    #[serde(default)]
    scores: Vec<Value>,
    #[serde(default)]
    threats: Vec<Value>,
    #[serde(default)]
    product_status: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    remediations: Vec<Remediation>,
}

#[derive(Debug, Deserialize)]
struct Remediation {
    category: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    product_ids: Vec<String>,
}

/// A component in a product, as far as it concerns matching.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Component {
    ecosystem: Ecosystem,
    name: String,
    /// Epoch, version and release, where a build is named.
    version: Option<String>,
    platform: Option<String>,
}

/// Reads a document by Red Hat; others are skipped.
pub(super) fn import(csaf: &Csaf, intake: &mut Intake) {
    let source = intake.source("redhat");
    let publisher = csaf.document.pointer("/publisher/name").and_then(Value::as_str).unwrap_or_default();
    if !publisher.contains("Red Hat") {
        return intake.skip(source);
    }
    let tracking = |field: &str| csaf.document.pointer(&format!("/tracking/{field}")).and_then(Value::as_str);
    intake.read(source, tracking("current_release_date"));
    let notice = tracking("id").filter(|id| id.starts_with("RH"));
    let mut products = BTreeMap::new();
    csaf.product_tree.branches.iter().for_each(|branch| collect(branch, 0, &mut products));
    let components = components(&csaf.product_tree.relationships, &products);
    for vulnerability in &csaf.vulnerabilities {
        let Some(cve) = &vulnerability.cve else { continue };
        intake.record(cve, record(vulnerability, source));
        let word = vulnerability
            .threats
            .iter()
            .find(|threat| threat.get("category").and_then(Value::as_str) == Some("impact"));
        let word = word.and_then(|threat| threat.get("details")?.as_str());
        // The same build is listed once for each architecture.
        let mut rows: BTreeSet<(Component, Row)> = BTreeSet::new();
        for (status, ids) in &vulnerability.product_status {
            for id in ids {
                let Some(component) = components.get(id.as_str()) else { continue };
                let remediation =
                    vulnerability.remediations.iter().find(|remedy| remedy.product_ids.contains(id));
                let Some(mut row) = row(cve, source, status, component, remediation, notice) else {
                    continue;
                };
                row.urgency = word.map(str::to_owned);
                row.platform.clone_from(&component.platform);
                rows.insert((component.clone(), row));
            }
        }
        for (component, row) in rows {
            intake.row(&component.ecosystem, &component.name, row);
        }
    }
}

fn row(
    cve: &str,
    source: u16,
    status: &str,
    component: &Component,
    remediation: Option<&Remediation>,
    notice: Option<&str>,
) -> Option<Row> {
    let details = remediation.map(|remedy| remedy.details.as_str()).unwrap_or_default();
    let state = match (status, remediation.map(|remedy| remedy.category.as_str())) {
        ("fixed" | "first_fixed", _) => {
            let mut row = Row::new(cve, source, FixState::Fixed).fixed_in(component.version.as_deref()?);
            let linked = || remediation?.url.as_deref()?.rsplit('/').next().filter(|id| id.starts_with("RH"));
            row.advisory = notice.or_else(linked).map(str::to_owned);
            return Some(row);
        }
        ("known_not_affected", _) => return Some(Row::new(cve, source, FixState::NotAffected)),
        ("under_investigation", _) => FixState::UnderInvestigation,
        ("known_affected", Some("no_fix_planned")) if details.starts_with("Out of support") => {
            FixState::EndOfLife
        }
        ("known_affected", Some("no_fix_planned")) => FixState::WillNotFix,
        ("known_affected", Some("none_available")) if details.contains("eferred") => FixState::Deferred,
        ("known_affected", _) => FixState::Affected,
        _ => return None,
    };
    let note = (!details.is_empty() && details.len() < 80).then(|| details.to_owned());
    Some(Row { note, ..Row::new(cve, source, state).every_version() })
}

fn record(vulnerability: &Vulnerability, source: u16) -> Record {
    let vectors = vulnerability.scores.iter().filter_map(|score| {
        let score = score.get("cvss_v4").or_else(|| score.get("cvss_v3")).or_else(|| score.get("cvss_v2"))?;
        score.get("vectorString")?.as_str()
    });
    let mut ratings: Vec<_> = vectors.map(|vector| rating(source, vector)).collect();
    ratings.dedup();
    Record {
        summary: vulnerability.title.clone(),
        published: vulnerability.release_date.clone(),
        ratings,
        weaknesses: vulnerability
            .cwe
            .iter()
            .filter_map(|cwe| Some(cwe.get("id")?.as_str()?.to_owned()))
            .collect(),
        ..Record::default()
    }
}

/// What a product id stands for: its CPE and its package URL.
#[derive(Debug, Default)]
struct Product {
    cpe: Option<String>,
    purl: Option<String>,
}

fn collect(branch: &Value, depth: usize, products: &mut BTreeMap<String, Product>) {
    if depth > DEPTH {
        return;
    }
    if let Some(product) = branch.get("product")
        && let Some(id) = product.get("product_id").and_then(Value::as_str)
    {
        let identifier = |kind: &str| {
            product
                .pointer(&format!("/product_identification_helper/{kind}"))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        products.insert(id.to_owned(), Product { cpe: identifier("cpe"), purl: identifier("purl") });
    }
    for child in branch.get("branches").and_then(Value::as_array).into_iter().flatten() {
        collect(child, depth + 1, products);
    }
}

fn components<'a>(
    relationships: &'a [Relationship],
    products: &BTreeMap<String, Product>,
) -> BTreeMap<&'a str, Component> {
    relationships
        .iter()
        .filter_map(|relation| {
            let platform = products.get(&relation.relates_to_product_reference)?.cpe.as_deref()?;
            let (major, platform) = product(
                platform
                    .strip_prefix("cpe:/a:redhat:")
                    .or_else(|| platform.strip_prefix("cpe:/o:redhat:"))?,
            )?;
            let purl = products.get(&relation.product_reference)?.purl.as_deref()?;
            let (name, version, module) = rpm(purl)?;
            let platform = platform.or_else(|| module.map(|module| format!("module:{module}")));
            let ecosystem = Ecosystem::release_of("Red Hat", &major);
            Some((
                relation.full_product_name.product_id.as_str(),
                Component { ecosystem, name, version, platform },
            ))
        })
        .collect()
}

/// The major release of a product such as `enterprise_linux:9::appstream`, and the stream it is confined to
/// (`rhel_eus:9.2`), which is none for the main one. `None` for layered products.
pub(super) fn product(product: &str) -> Option<(String, Option<String>)> {
    let mut parts = product.split(':');
    let (name, version) = (parts.next()?, parts.next()?);
    let major = version
        .split('.')
        .next()
        .filter(|major| !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()))?;
    match name {
        "enterprise_linux" => Some((major.to_owned(), None)),
        _ if name.starts_with("rhel_") => Some((major.to_owned(), Some(format!("{name}:{version}")))),
        _ => None,
    }
}

/// Name, version and module of an RPM's package URL; source packages are left out, since images hold binary ones.
fn rpm(purl: &str) -> Option<(String, Option<String>, Option<String>)> {
    let rest = purl.strip_prefix("pkg:rpm/redhat/")?;
    let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let qualifier =
        |name: &str| qualifiers.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let (name, version) = path.split_once('@').map_or((path, None), |(name, version)| (name, Some(version)));
    if qualifier("arch") == Some("src") && version.is_some() {
        return None;
    }
    let version = version.map(|version| {
        let version = decode(version);
        qualifier("epoch")
            .filter(|epoch| *epoch != "0")
            .map_or(version.clone(), |epoch| format!("{epoch}:{version}"))
    });
    // `nodejs:18:8090020231220:…`: the stream is what counts.
    let module =
        qualifier("rpmmod").map(decode).map(|module| module.split(':').take(2).collect::<Vec<_>>().join(":"));
    Some((decode(name), version, module))
}

/// Undoes percent-encoding; what is malformed stays.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| byte == b'%') {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import, product};
    use crate::{Ecosystem, Store, advisory::FixState, store::Builder};
    use serde_json::json;

    #[test]
    fn reads_products() {
        assert_eq!(product("enterprise_linux:9::appstream"), Some(("9".into(), None)));
        assert_eq!(product("rhel_eus:9.2::baseos"), Some(("9".into(), Some("rhel_eus:9.2".into()))));
        assert_eq!(product("openshift:4.15::el9"), None);
    }

    #[test]
    fn reads_a_vex_file() {
        let platform = |id: &str, cpe: &str| json!({"product": {"product_id": id, "product_identification_helper": {"cpe": cpe}}});
        let package = |id: &str, purl: &str| json!({"product": {"product_id": id, "product_identification_helper": {"purl": purl}}});
        let relation = |package: &str, platform: &str| json!({"full_product_name": {"product_id": format!("{platform}:{package}")}, "product_reference": package, "relates_to_product_reference": platform});
        let document = json!({
            "document": {"publisher": {"name": "Red Hat Product Security"}, "tracking": {"id": "CVE-2024-0001", "current_release_date": "2025-01-02T00:00:00Z"}},
            "product_tree": {
                "branches": [{"branches": [
                    platform("9", "cpe:/o:redhat:enterprise_linux:9::baseos"), platform("9e", "cpe:/o:redhat:rhel_eus:9.2::baseos"), platform("ocp", "cpe:/a:redhat:openshift:4"),
                    package("x64", "pkg:rpm/redhat/x@3.0.7-6.el9_2?arch=x86_64&epoch=1"), package("xarm", "pkg:rpm/redhat/x@3.0.7-6.el9_2?arch=aarch64&epoch=1"),
                    package("xsrc", "pkg:rpm/redhat/x@3.0.7-6.el9_2?arch=src"), package("m", "pkg:rpm/redhat/node@18-1.module%2Bel9?arch=x86_64&rpmmod=nodejs:18:90:abc"),
                    package("y", "pkg:rpm/redhat/y?arch=src")
                ]}],
                "relationships": [relation("x64", "9"), relation("xarm", "9"), relation("xsrc", "9"), relation("x64", "9e"), relation("m", "9"), relation("y", "9"), relation("x64", "ocp")]
            },
            "vulnerabilities": [{
                "cve": "CVE-2024-0001", "title": "x: flaw", "threats": [{"category": "impact", "details": "Moderate"}],
                "product_status": {"fixed": ["9:x64", "9:xarm", "9:xsrc", "9e:x64", "9:m", "ocp:x64"], "known_affected": ["9:y"]},
                "remediations": [{"category": "vendor_fix", "url": "https://access.redhat.com/errata/RHSA-2024:1", "product_ids": ["9:x64", "9:xarm"]},
                    {"category": "no_fix_planned", "details": "Will not fix", "product_ids": ["9:y"]}]
            }]
        });
        let mut builder = Builder::new("2026-01-01");
        import(
            &serde_json::from_value(document).expect("CSAF"),
            &mut Intake::new(&mut builder, "2026-01-01"),
        );
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let nine = Ecosystem::parse("Red Hat:9").expect("known");
        let rows = store.rows(&nine, "x").expect("sound");
        let mut found: Vec<_> =
            rows.iter().map(|row| (row.platform, row.ranges[0].fixed, row.advisory)).collect();
        found.sort();
        assert_eq!(
            found,
            [
                (None, Some("1:3.0.7-6.el9_2"), Some("RHSA-2024:1")),
                (Some("rhel_eus:9.2"), Some("1:3.0.7-6.el9_2"), None)
            ]
        );
        assert_eq!(store.rows(&nine, "node").expect("sound")[0].platform, Some("module:nodejs:18"));
        assert_eq!(store.rows(&nine, "y").expect("sound")[0].state, FixState::WillNotFix);
    }
}
