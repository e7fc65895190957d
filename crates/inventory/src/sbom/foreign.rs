//! The documents of others, as far as scanning needs them.

use serde_json::Value;

use super::{
    Component, Described, Distribution, Sbom, Source,
    read::{SbomError, component, settled},
};
use crate::Presence;

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn stated(text: &str) -> Option<String> {
    (!text.is_empty() && text != "NOASSERTION" && text != "NONE").then(|| text.to_owned())
}

/// CycloneDX: components at any depth.
pub(super) fn cyclonedx(document: &Value) -> Result<Sbom, SbomError> {
    let version = text(document, "specVersion");
    if !version.starts_with("1.") {
        return Err(SbomError::UnknownVersion { format: "CycloneDX", version: version.to_owned() });
    }
    let root = document.pointer("/metadata/component").cloned().unwrap_or_default();
    let mut components = Vec::new();
    let mut distribution = None;
    let mut stack: Vec<&Value> = list(document, "components").collect();
    while let Some(item) = stack.pop() {
        stack.extend(list(item, "components"));
        if text(item, "type") == "operating-system" {
            distribution = Some(Distribution {
                id: text(item, "name").to_owned(),
                version: text(item, "version").to_owned(),
                name: text(item, "description").to_owned(),
                ..Distribution::default()
            });
        } else {
            components.extend(cyclonedx_component(item));
        }
    }
    let property = |name: &'static str| {
        list(&root, "properties")
            .filter(move |one| text(one, "name") == name)
            .map(|one| text(one, "value").to_owned())
    };
    let subject = Described {
        name: text(&root, "name").to_owned(),
        digest: Some(text(&root, "version"))
            .filter(|one| one.starts_with("sha256:"))
            .unwrap_or_default()
            .to_owned(),
        layers: property("casehard:layer").collect(),
        ..Described::default()
    };
    let layers = subject.layers.clone();
    for one in &mut components {
        // The layer was put down as its digest.
        let digest = one.found_by.split_once('\n').map(|(_, layer)| layer.to_owned());
        one.layer = digest.and_then(|digest| layers.iter().position(|layer| *layer == digest));
        one.found_by = one.found_by.split('\n').next().unwrap_or_default().to_owned();
    }
    Ok(settled(subject, distribution, components))
}

fn cyclonedx_component(item: &Value) -> Option<Component> {
    let mut one = component(text(item, "purl"), text(item, "name"), text(item, "version"))?;
    let property = |name: &str| {
        list(item, "properties")
            .find(|one| text(one, "name") == name)
            .map(|one| text(one, "value").to_owned())
    };
    if let Some(id) = stated(text(item, "bom-ref")) {
        one.id = id;
    }
    one.cpes = stated(text(item, "cpe")).into_iter().collect();
    one.supplier = stated(text(item, "publisher"));
    one.summary = stated(text(item, "description"));
    one.licenses = list(item, "licenses").filter_map(license).collect();
    let evidence = item.get("evidence").unwrap_or(&Value::Null);
    one.locations =
        list(evidence, "occurrences").filter_map(|place| stated(text(place, "location"))).collect();
    // Syft numbers its locations.
    one.locations.extend((0..64).map_while(|number| property(&format!("syft:location:{number}:path"))));
    one.presence = match property("casehard:presence").as_deref() {
        Some("partial") => Presence::Partial,
        Some("phantom") => Presence::Phantom,
        _ => Presence::Whole,
    };
    one.remaining = list(item, "properties")
        .filter(|one| text(one, "name") == "casehard:remaining")
        .map(|one| text(one, "value").to_owned())
        .collect();
    let name = property("casehard:source-name").or_else(|| property("syft:metadata:source"));
    let name = name.or_else(|| property("aquasecurity:trivy:SrcName")).filter(|name| !name.is_empty());
    if let (Some(name), None) = (name, &one.source) {
        let version = property("casehard:source-version").or_else(|| property("syft:metadata:sourceVersion"));
        let version = version.filter(|version| !version.is_empty()).or_else(|| trivy_version(&property));
        one.source = Some(Source { name, version: version.unwrap_or_else(|| one.version.clone()) });
    }
    one.found_by =
        property("casehard:found-by").or_else(|| property("syft:package:foundBy")).unwrap_or_default();
    if let Some(layer) = property("casehard:layer") {
        one.found_by = format!("{}\n{layer}", one.found_by);
    }
    Some(one)
}

/// Epoch, version and release that Trivy keeps apart.
fn trivy_version(property: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let part = |name: &str| property(&format!("aquasecurity:trivy:{name}"));
    let mut version = part("SrcVersion")?;
    if let Some(epoch) = part("SrcEpoch").filter(|epoch| epoch != "0") {
        version = format!("{epoch}:{version}");
    }
    if let Some(release) = part("SrcRelease") {
        version = format!("{version}-{release}");
    }
    Some(version)
}

fn license(item: &Value) -> Option<String> {
    let named = item
        .get("license")
        .map(|one| if text(one, "id").is_empty() { text(one, "name") } else { text(one, "id") });
    stated(named.unwrap_or_else(|| text(item, "expression")))
}

/// SPDX 2: packages with package URLs.
pub(super) fn spdx(document: &Value) -> Result<Sbom, SbomError> {
    let mut components = Vec::new();
    let mut subject = Described { name: text(document, "name").to_owned(), ..Described::default() };
    let mut distribution = None;
    for package in list(document, "packages") {
        let references = || list(package, "externalRefs");
        let purls = references().filter(|one| text(one, "referenceType") == "purl");
        let purl = purls.map(|one| text(one, "referenceLocator")).next().unwrap_or_default();
        let purpose = text(package, "primaryPackagePurpose");
        let id = text(package, "SPDXID");
        if purpose == "OPERATING_SYSTEM"
            || purpose == "OPERATING-SYSTEM"
            || id.starts_with("SPDXRef-OperatingSystem")
        {
            distribution = Some(Distribution {
                id: text(package, "name").to_owned(),
                version: text(package, "versionInfo").to_owned(),
                ..Distribution::default()
            });
        } else if purpose == "CONTAINER" {
            if text(package, "versionInfo").starts_with("sha256:") && subject.digest.is_empty() {
                subject.digest = text(package, "versionInfo").to_owned();
                subject.name = text(package, "name").to_owned();
            }
        } else if let Some(mut one) = component(purl, text(package, "name"), text(package, "versionInfo")) {
            let cpes = references().filter(|one| text(one, "referenceType") == "cpe23Type");
            one.cpes = cpes.filter_map(|one| stated(text(one, "referenceLocator"))).collect();
            one.licenses = stated(text(package, "licenseDeclared")).into_iter().collect();
            one.summary = stated(text(package, "summary"));
            one.supplier = stated(text(package, "supplier")).map(|supplier| {
                supplier.split_once(": ").map_or(supplier.clone(), |(_, name)| name.to_owned())
            });
            one.source = one.source.or_else(|| source_of(text(package, "sourceInfo"), &one.version));
            one.id = id.to_owned();
            comment(text(package, "comment"), &mut one);
            components.push(one);
        }
    }
    Ok(settled(subject, distribution, components))
}

/// `built package from: name version`.
fn source_of(information: &str, version: &str) -> Option<Source> {
    let rest = information.strip_prefix("built package from:")?.trim();
    let (name, built) = rest.split_once(' ').unwrap_or((rest, version));
    Some(Source { name: name.to_owned(), version: built.to_owned() })
}

/// What our own SPDX puts into comments.
fn comment(comment: &str, one: &mut Component) {
    for line in comment.lines() {
        match line.split_once(": ") {
            Some(("found in", path)) => one.locations.push(path.to_owned()),
            Some(("presence", "partial")) => one.presence = Presence::Partial,
            Some(("presence", "phantom")) => one.presence = Presence::Phantom,
            Some(("remaining", path)) => one.remaining.push(path.to_owned()),
            _ => {}
        }
    }
}

/// Syft's own JSON.
pub(super) fn syft(document: &Value) -> Result<Sbom, SbomError> {
    let mut components = Vec::new();
    for artifact in list(document, "artifacts") {
        let Some(mut one) =
            component(text(artifact, "purl"), text(artifact, "name"), text(artifact, "version"))
        else {
            continue;
        };
        one.id = text(artifact, "id").to_owned();
        one.cpes = list(artifact, "cpes")
            .filter_map(|one| one.as_str().map(str::to_owned).or_else(|| stated(text(one, "cpe"))))
            .collect();
        one.licenses = list(artifact, "licenses").filter_map(|one| stated(text(one, "value"))).collect();
        one.locations = list(artifact, "locations").filter_map(|one| stated(text(one, "path"))).collect();
        one.found_by = text(artifact, "foundBy").to_owned();
        let metadata = artifact.get("metadata").unwrap_or(&Value::Null);
        if let (Some(name), None) = (stated(text(metadata, "source")), &one.source) {
            let version = stated(text(metadata, "sourceVersion")).unwrap_or_else(|| one.version.clone());
            one.source = Some(Source { name, version });
        }
        components.push(one);
    }
    owned(document, &mut components);
    let distro = document.get("distro").unwrap_or(&Value::Null);
    let distribution = stated(text(distro, "id")).map(|id| Distribution {
        id,
        version: text(distro, "versionID").to_owned(),
        codename: text(distro, "versionCodename").to_owned(),
        name: text(distro, "prettyName").to_owned(),
        like: list(distro, "idLike").filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        ..Distribution::default()
    });
    let metadata = document.pointer("/source/metadata").unwrap_or(&Value::Null);
    let subject = Described {
        name: stated(text(metadata, "userInput"))
            .unwrap_or_else(|| text(&document["source"], "name").to_owned()),
        digest: text(metadata, "manifestDigest").to_owned(),
        architecture: text(metadata, "architecture").to_owned(),
        layers: list(metadata, "layers").filter_map(|one| stated(text(one, "digest"))).collect(),
        ..Described::default()
    };
    Ok(settled(subject, distribution, components))
}

/// What a distribution package owns is a part of it: Syft states that as a relation.
fn owned(document: &Value, components: &mut [Component]) {
    let relations = list(document, "artifactRelationships")
        .filter(|one| text(one, "type") == "ownership-by-file-overlap")
        .map(|one| (text(one, "child").to_owned(), text(one, "parent").to_owned()));
    let owners: hashbrown::HashMap<String, String> = relations.collect();
    for one in components.iter_mut().filter(|one| !one.ecosystem.is_distribution()) {
        one.part_of = owners.get(&one.id).cloned();
    }
}
