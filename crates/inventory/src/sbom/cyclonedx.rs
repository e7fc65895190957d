//! CycloneDX JSON (ECMA-424; schemas 1.5, 1.6, 1.7) in the shape that other scanners read.

use serde_json::{Map, Value, json};

use super::{Component, Sbom, Stamp, date::rfc3339, licence};
use crate::{Ecosystem, Presence};

/// Which CycloneDX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum CycloneDxVersion {
    /// 1.5.
    V1_5,
    /// 1.6, which most consumers read.
    #[default]
    V1_6,
    /// 1.7.
    V1_7,
}

impl CycloneDxVersion {
    /// `1.6` and the like.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_5 => "1.5",
            Self::V1_6 => "1.6",
            Self::V1_7 => "1.7",
        }
    }
}

const OPERATING_SYSTEM: &str = "operating-system";

pub(super) fn document(sbom: &Sbom, version: CycloneDxVersion, stamp: &Stamp) -> Value {
    let root = root(sbom);
    let image = root["bom-ref"].as_str().unwrap_or_default().to_owned();
    let mut components: Vec<Value> = Vec::new();
    // Scanners tell the distribution by a component of this type at the top.
    if let Some(os) = &sbom.distribution {
        components.push(object([
            ("bom-ref", Some(json!(OPERATING_SYSTEM))),
            ("type", Some(json!("operating-system"))),
            ("name", Some(json!(os.id))),
            ("version", text(&os.version)),
            ("description", text(&os.name)),
        ]));
    }
    components.extend(sbom.things().map(|one| component(sbom, one, version)));
    json!({
        "$schema": format!("http://cyclonedx.org/schema/bom-{}.schema.json", version.as_str()),
        "bomFormat": "CycloneDX",
        "specVersion": version.as_str(),
        "serialNumber": format!("urn:uuid:{}", sbom.uuid("cyclonedx")),
        "version": 1,
        "metadata": {
            "timestamp": rfc3339(stamp.created),
            "lifecycles": [{ "phase": "post-build" }],
            "tools": { "components": [{ "type": "application", "name": "casehard", "version": stamp.tool_version }] },
            "component": root,
            "properties": unknowns(sbom),
        },
        "components": components,
        "dependencies": dependencies(sbom, &image),
    })
}

/// The image.
fn root(sbom: &Sbom) -> Value {
    let subject = &sbom.subject;
    let hash =
        subject.digest.strip_prefix("sha256:").map(|hex| json!([{ "alg": "SHA-256", "content": hex }]));
    let base = subject.base.as_ref().map(|base| {
        let ancestor = object([
            ("type", Some(json!("container"))),
            ("name", Some(json!(if base.name.is_empty() { "base" } else { &base.name }))),
            ("version", text(&base.digest)),
        ]);
        json!({ "ancestors": [ancestor] })
    });
    object([
        ("bom-ref", Some(json!(format!("image:{}", subject.digest)))),
        ("type", Some(json!("container"))),
        ("name", Some(json!(subject.name))),
        ("version", text(&subject.digest)),
        ("hashes", hash),
        ("purl", super::list::image_purl(subject).map(Value::from)),
        ("pedigree", base),
        (
            "properties",
            Some(properties(subject.layers.iter().map(|layer| ("casehard:layer", layer.clone())))),
        ),
    ])
}

fn component(sbom: &Sbom, component: &Component, version: CycloneDxVersion) -> Value {
    let layer = component.layer.and_then(|layer| sbom.subject.layers.get(layer));
    let occurrences: Vec<Value> = component
        .locations
        .iter()
        .map(|path| {
            // 1.5 has no place for the layer here; it is among the properties too.
            let context = layer
                .filter(|_| version > CycloneDxVersion::V1_5)
                .map(|layer| json!(format!("layer {layer}")));
            object([("location", Some(json!(path))), ("additionalContext", context)])
        })
        .collect();
    let kind = if component.ecosystem == Ecosystem::Generic { "application" } else { "library" };
    object([
        ("bom-ref", Some(json!(component.id))),
        ("type", Some(json!(kind))),
        ("publisher", component.supplier.as_deref().and_then(text)),
        ("name", Some(json!(component.name))),
        ("version", text(&component.version)),
        ("description", component.summary.as_deref().and_then(text)),
        ("licenses", licenses(&component.licenses)),
        ("cpe", component.cpes.first().map(|cpe| json!(cpe))),
        ("purl", text(&component.purl)),
        (
            "externalReferences",
            component
                .homepage
                .as_deref()
                .filter(|url| is_url(url))
                .map(|url| json!([{ "type": "website", "url": url }])),
        ),
        ("evidence", (!occurrences.is_empty()).then(|| json!({ "occurrences": occurrences }))),
        ("properties", Some(details(component, layer))),
    ])
}

/// Whether a text is one that the schema takes for an IRI.
fn is_url(text: &str) -> bool {
    (text.starts_with("http://") || text.starts_with("https://"))
        && text.len() > 10
        && text.bytes().all(|byte| {
            byte.is_ascii_graphic()
                && !matches!(
                    byte,
                    b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'`' | b'[' | b']'
                )
        })
}

/// What the standard has no field for: the source package as other scanners read it, and our own findings.
fn details(component: &Component, layer: Option<&String>) -> Value {
    let mut all: Vec<(&str, String)> = Vec::new();
    if component.ecosystem.is_distribution() {
        let source = component.source.as_ref();
        let name = source.map_or(&component.name, |source| &source.name);
        let version = source.map(|source| &source.version).filter(|version| !version.is_empty());
        let (epoch, version) = split_epoch(version.unwrap_or(&component.version));
        let (version, release) = version.rsplit_once('-').unwrap_or((version, ""));
        for (key, value) in [
            ("aquasecurity:trivy:SrcName", name.as_str()),
            ("aquasecurity:trivy:SrcVersion", version),
            ("aquasecurity:trivy:SrcRelease", release),
            ("aquasecurity:trivy:SrcEpoch", epoch),
        ] {
            if !value.is_empty() {
                all.push((key, value.to_owned()));
            }
        }
    }
    all.extend(as_syft(component));
    all.extend(text_pair("casehard:found-by", &component.found_by));
    all.extend(layer.map(|layer| ("casehard:layer", layer.clone())));
    all.extend(component.architecture.iter().map(|one| ("casehard:architecture", one.clone())));
    if let Some(source) = &component.source {
        all.push(("casehard:source-name", source.name.clone()));
        all.extend(text_pair("casehard:source-version", &source.version));
    }
    match component.presence {
        Presence::Whole => {}
        Presence::Partial => all.push(("casehard:presence", "partial".to_owned())),
        Presence::Phantom => all.push(("casehard:presence", "phantom".to_owned())),
    }
    all.extend(component.remaining.iter().map(|path| ("casehard:remaining", path.clone())));
    properties(all)
}

/// The source package as Syft reads it back from a document of its own.
fn as_syft(component: &Component) -> Vec<(&'static str, String)> {
    let Some(source) = &component.source else { return Vec::new() };
    let (name, version) = (source.name.clone(), source.version.clone());
    let kind = |kind: &str| ("syft:package:metadataType", kind.to_owned());
    match component.ecosystem {
        Ecosystem::Deb => {
            let version =
                Some(version).filter(|version| !version.is_empty() && *version != component.version);
            let mut all = vec![kind("dpkg-db-entry"), ("syft:metadata:source", name)];
            all.extend(version.map(|version| ("syft:metadata:sourceVersion", version)));
            all
        }
        Ecosystem::Apk => vec![kind("apk-db-entry"), ("syft:metadata:originPackage", name)],
        Ecosystem::Rpm => {
            vec![kind("rpm-db-entry"), ("syft:metadata:sourceRpm", format!("{name}-{version}.src.rpm"))]
        }
        _ => Vec::new(),
    }
}

fn split_epoch(version: &str) -> (&str, &str) {
    version.split_once(':').unwrap_or(("", version))
}

fn text_pair<'a>(key: &'a str, value: &str) -> Option<(&'a str, String)> {
    (!value.is_empty()).then(|| (key, value.to_owned()))
}

fn properties<'a>(all: impl IntoIterator<Item = (&'a str, String)>) -> Value {
    all.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn unknowns(sbom: &Sbom) -> Value {
    properties(sbom.unknowns.iter().map(|one| ("casehard:unknown", format!("{}: {}", one.path, one.why))))
}

/// One expression, or a list of licences by identifier or name: the schema does not mix them.
fn licenses(stated: &[String]) -> Option<Value> {
    match stated {
        [] => None,
        [one] if licence::identifier(one).is_none() && licence::is_expression(one) => {
            Some(json!([{ "expression": one }]))
        }
        many => {
            let one = |stated: &String| match licence::identifier(stated) {
                Some(id) => json!({ "license": { "id": id } }),
                None => json!({ "license": { "name": stated } }),
            };
            let mut all: Vec<Value> = Vec::new();
            for license in many.iter().map(one) {
                if !all.contains(&license) {
                    all.push(license);
                }
            }
            Some(Value::Array(all))
        }
    }
}

/// The image has the operating system and what is not of it; the operating system has its packages.
fn dependencies(sbom: &Sbom, image: &str) -> Value {
    let of_distribution = |one: &&Component| sbom.distribution.is_some() && one.ecosystem.is_distribution();
    let ids = |of_os: bool| -> Vec<&str> {
        sbom.things().filter(|one| of_distribution(one) == of_os).map(|one| one.id.as_str()).collect()
    };
    let mut top: Vec<&str> = sbom.distribution.iter().map(|_| OPERATING_SYSTEM).collect();
    top.extend(ids(false));
    let mut all = vec![json!({ "ref": image, "dependsOn": unique(top) })];
    if sbom.distribution.is_some() {
        all.push(json!({ "ref": OPERATING_SYSTEM, "dependsOn": unique(ids(true)) }));
    }
    let things: hashbrown::HashSet<&str> = sbom.things().map(|one| one.id.as_str()).collect();
    for component in sbom.things() {
        let needs =
            component.depends_on.iter().map(String::as_str).filter(|id| things.contains(id)).collect();
        all.push(json!({ "ref": component.id, "dependsOn": unique(needs) }));
    }
    Value::Array(all)
}

fn unique(mut ids: Vec<&str>) -> Vec<&str> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!(text))
}

/// An object of the fields that have a value; an empty list is none.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    let map: Map<String, Value> = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.filter(|value| !is_empty(value))?)))
        .collect();
    Value::Object(map)
}
