//! From a bill of materials to what is matched: the edge to `casehard-inventory`.

use crate::{Distribution, Ecosystem, Subject, SubjectKind, finding::Origin, vex::ImageIdentity};
use casehard_inventory::{
    Ecosystem as Kind, Presence,
    sbom::{Component, Sbom},
};
use std::collections::HashMap;

/// What a bill of materials says, ready to be looked up.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The name of what is described.
    pub name: String,
    /// The packages.
    pub subjects: Vec<Subject>,
    /// The distribution.
    pub distribution: Option<Distribution>,
    /// What could not be read.
    pub unknowns: Vec<String>,
    /// How VEX statements may name the image.
    pub image: ImageIdentity,
}

impl Material {
    /// The material of `sbom`. `base` is the bill of the base image, if it is known: what is in it was brought by the base.
    #[must_use]
    pub fn of(sbom: &Sbom, base: Option<&Sbom>) -> Self {
        let place: HashMap<&str, usize> =
            sbom.components.iter().enumerate().map(|(at, component)| (component.id.as_str(), at)).collect();
        let origin = Origins::new(sbom, base);
        let subjects = sbom.components.iter().map(|component| Subject {
            owner: component.part_of.as_deref().and_then(|id| place.get(id).copied()),
            origin: origin.of(component),
            ..subject(component)
        });
        Self {
            name: sbom.subject.name.clone(),
            subjects: subjects.collect(),
            distribution: sbom.distribution.as_ref().map(|distribution| Distribution {
                id: distribution.id.clone(),
                version_id: distribution.version.clone(),
                codename: distribution.codename.clone(),
                streams: streams(&distribution.content_sets),
            }),
            unknowns: sbom
                .unknowns
                .iter()
                .map(|unknown| format!("{}: {}", unknown.path, unknown.why))
                .collect(),
            image: ImageIdentity {
                digests: std::iter::once(sbom.subject.digest.clone())
                    .filter(|digest| !digest.is_empty())
                    .collect(),
                names: std::iter::once(sbom.subject.name.clone()).filter(|name| !name.is_empty()).collect(),
            },
        }
    }
}

/// The product streams that content sets are of: `rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_2` is of `rhel_eus:9.2`. The
/// main stream needs no name.
fn streams(content_sets: &[String]) -> Vec<String> {
    const KINDS: [&str; 5] = ["eus", "e4s", "aus", "tus", "els"];
    let stream = |set: &String| {
        let (name, release) = set.split_once("__").unwrap_or((set, ""));
        let kind = KINDS.iter().find(|kind| name.split('-').any(|part| part == **kind))?;
        let release = release.replace("_DOT_", ".");
        let release = if release.is_empty() { name.split('-').nth(1)?.to_owned() } else { release };
        Some(format!("rhel_{kind}:{release}"))
    };
    let mut streams: Vec<String> = content_sets.iter().filter_map(stream).collect();
    streams.sort();
    streams.dedup();
    streams
}

fn subject(component: &Component) -> Subject {
    let files = if component.remaining.is_empty() { &component.locations } else { &component.remaining };
    Subject {
        kind: kind(component),
        name: component.name.clone(),
        version: component.version.clone(),
        source: component.source.as_ref().map(|source| {
            let version = if source.version.is_empty() { &component.version } else { &source.version };
            (source.name.clone(), version.clone())
        }),
        purl: component.purl.clone(),
        files: files.clone(),
        module: component
            .modularity
            .as_deref()
            .map(|module| module.split(':').take(2).collect::<Vec<_>>().join(":")),
        layer: component.layer,
        phantom: component.presence == Presence::Phantom,
        ..Subject::default()
    }
}

fn kind(component: &Component) -> SubjectKind {
    let registry = match component.ecosystem {
        Kind::Deb | Kind::Apk | Kind::Rpm => return SubjectKind::Distribution,
        Kind::Generic => return SubjectKind::Program,
        Kind::Pypi => "PyPI",
        Kind::Npm => "npm",
        Kind::Golang => "Go",
        Kind::Cargo => "crates.io",
        Kind::Maven => "Maven",
        Kind::Gem => "RubyGems",
        Kind::Composer => "Packagist",
        Kind::Nuget => "NuGet",
        Kind::Bitnami => "Bitnami",
        _ => return SubjectKind::Unknown,
    };
    Ecosystem::parse(registry).map_or(SubjectKind::Unknown, SubjectKind::Language)
}

/// Who brought a package: the base image is known by its bill, or by its layers at the bottom.
struct Origins<'a> {
    purls: Option<std::collections::HashSet<&'a str>>,
    layers: Option<usize>,
}

impl<'a> Origins<'a> {
    fn new(sbom: &Sbom, base: Option<&'a Sbom>) -> Self {
        let shared = base.and_then(|base| {
            let layers = &base.subject.layers;
            (!layers.is_empty() && sbom.subject.layers.starts_with(layers)).then_some(layers.len())
        });
        let purls =
            base.map(|base| base.components.iter().map(|component| component.purl.as_str()).collect());
        Self { purls, layers: shared }
    }

    fn of(&self, component: &Component) -> Origin {
        match (self.layers, component.layer, &self.purls) {
            (Some(base), Some(layer), _) if layer < base => Origin::Base,
            (Some(_), Some(_), _) => Origin::Application,
            (_, _, Some(purls)) if purls.contains(component.purl.as_str()) => Origin::Base,
            (_, _, Some(_)) => Origin::Application,
            _ => Origin::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Material;
    use crate::{SubjectKind, finding::Origin};
    use casehard_inventory::sbom::Sbom;

    #[test]
    fn content_sets_name_streams() {
        let sets = [
            "rhel-9-for-x86_64-baseos-rpms",
            "rhel-9-for-x86_64-appstream-eus-rpms__9_DOT_2",
            "rhel-8-for-x86_64-baseos-e4s-rpms__8_DOT_4",
        ];
        assert_eq!(super::streams(&sets.map(str::to_owned)), ["rhel_e4s:8.4", "rhel_eus:9.2"]);
    }

    #[test]
    fn knows_owners_origins_and_kinds() {
        let component = |id: &str, ecosystem: &str, layer: usize, part_of: &str| {
            serde_json::json!({ "id": id, "ecosystem": ecosystem, "name": id, "version": "1", "purl": format!("pkg:{ecosystem}/{id}@1"), "layer": layer,
                "partOf": (!part_of.is_empty()).then_some(part_of) })
        };
        let sbom = |layers: &[&str], components: Vec<serde_json::Value>| -> Sbom {
            serde_json::from_value(
                serde_json::json!({ "subject": { "name": "app:1", "digest": "sha256:ab", "layers": layers },
                "distribution": { "id": "debian", "version": "12" }, "components": components }),
            )
            .expect("an SBOM")
        };
        let base = sbom(&["sha256:1"], Vec::new());
        let whole = sbom(
            &["sha256:1", "sha256:2"],
            vec![
                component("python3-x", "deb", 0, ""),
                component("x", "pypi", 0, "python3-x"),
                component("y", "npm", 1, ""),
                component("redis", "generic", 1, ""),
            ],
        );
        let material = Material::of(&whole, Some(&base));
        let seen: Vec<_> = material.subjects.iter().map(|subject| (subject.owner, subject.origin)).collect();
        assert_eq!(
            seen,
            [
                (None, Origin::Base),
                (Some(0), Origin::Base),
                (None, Origin::Application),
                (None, Origin::Application)
            ]
        );
        assert_eq!(material.subjects[3].kind, SubjectKind::Program);
        assert_eq!(material.image.digests, ["sha256:ab"]);
        assert!(Material::of(&whole, None).subjects.iter().all(|subject| subject.origin == Origin::Unknown));
    }
}
