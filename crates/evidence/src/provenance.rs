//! SLSA provenance of a hardening (SLSA 1.1 *Build: Provenance*, predicate version 1).
//!
//! Our build type is [`BUILD_TYPE`]: `externalParameters` are what a person chose (`source`, `level`, `workload`,
//! `policy`), `resolvedDependencies` everything whose bytes went in, and nothing undeclared stands anywhere.

use std::collections::BTreeMap;

use casehard_oci::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{ResourceDescriptor, Statement, Subject, digest_set};

/// The predicate type.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";
/// How an image is made by hardening another: what its parameters mean stands in `docs/buildtypes/harden-v1.md`.
pub const BUILD_TYPE: &str = "https://github.com/casehard/casehard/blob/main/docs/buildtypes/harden-v1.md";
/// Who builds when a person runs the program: nobody vouches for more than that person.
pub const LOCAL_BUILDER: &str =
    "https://github.com/casehard/casehard/blob/main/docs/buildtypes/harden-v1.md#local";

/// What a hardening was made from, and with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hardened<'a> {
    /// The name of the result, without tag.
    pub name: &'a str,
    /// Its manifest.
    pub image: Digest,
    /// The original as the person named it.
    pub source: &'a str,
    /// The manifest of the original.
    pub source_digest: Digest,
    /// The base image of the original, by name and digest, as far as its annotations tell.
    pub base: Option<(&'a str, Digest)>,
    /// `tidy`, `package` or `file`.
    pub level: &'a str,
    /// The user that was asked for, `10001:10001`.
    pub user: Option<&'a str>,
    /// The workload: the name of its file, and the digest of its bytes.
    pub workload: (&'a str, Digest),
    /// Further files that decided, by name: profiles, policies.
    pub materials: &'a [(&'a str, Digest)],
    /// Documents that were written beside the image: name, digest, media type.
    pub byproducts: &'a [(&'a str, Digest, &'a str)],
    /// Casehard's version.
    pub version: &'a str,
    /// Seconds since 1970 at which it began, RFC 3339; `None` where only the inputs shall decide the bytes.
    pub started: Option<&'a str>,
    /// When it ended, RFC 3339.
    pub finished: Option<&'a str>,
    /// `SOURCE_DATE_EPOCH`, when it was set.
    pub source_date_epoch: Option<i64>,
    /// Who builds; [`LOCAL_BUILDER`] unless a service does.
    pub builder: &'a str,
}

/// The predicate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// What was built from.
    pub build_definition: BuildDefinition,
    /// How that went.
    pub run_details: RunDetails,
}

/// What was built from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildDefinition {
    /// What the parameters mean.
    pub build_type: String,
    /// What a person chose.
    pub external_parameters: Map<String, Value>,
    /// What the builder set.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub internal_parameters: Map<String, Value>,
    /// Everything whose bytes went in.
    #[serde(default)]
    pub resolved_dependencies: Vec<ResourceDescriptor>,
}

/// How a build went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDetails {
    /// Who built.
    pub builder: Builder,
    /// When, and which run.
    #[serde(default)]
    pub metadata: Metadata,
    /// What came out beside the subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub byproducts: Vec<ResourceDescriptor>,
}

/// Who built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Builder {
    /// What is trusted, a URI.
    pub id: String,
    /// The versions of its parts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub version: BTreeMap<String, String>,
}

/// When, and which run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The run; equal inputs at the same time are the same run.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "invocationID")]
    pub invocation_id: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<String>,
}

/// The statement that an image was hardened, from what, and with what.
#[must_use]
pub fn provenance(hardened: &Hardened<'_>) -> Statement {
    let predicate = Provenance {
        build_definition: BuildDefinition {
            build_type: BUILD_TYPE.to_owned(),
            external_parameters: external(hardened),
            internal_parameters: internal(hardened),
            resolved_dependencies: dependencies(hardened),
        },
        run_details: RunDetails {
            builder: Builder {
                id: hardened.builder.to_owned(),
                version: BTreeMap::from([("casehard".to_owned(), hardened.version.to_owned())]),
            },
            metadata: Metadata {
                invocation_id: Some(invocation(hardened)),
                started_on: hardened.started.map(str::to_owned),
                finished_on: hardened.finished.map(str::to_owned),
            },
            byproducts: hardened
                .byproducts
                .iter()
                .map(|(name, digest, media_type)| ResourceDescriptor {
                    media_type: Some((*media_type).to_owned()),
                    ..resource(name, digest)
                })
                .collect(),
        },
    };
    let predicate = serde_json::to_value(predicate).unwrap_or_default();
    Statement::new(vec![Subject::new(hardened.name, &hardened.image)], PREDICATE_TYPE, predicate)
}

fn external(hardened: &Hardened<'_>) -> Map<String, Value> {
    let mut parameters = Map::new();
    parameters.insert("source".into(), json!(hardened.source));
    parameters.insert("level".into(), json!(hardened.level));
    parameters.insert("workload".into(), json!(hardened.workload.0));
    if let Some(user) = hardened.user {
        parameters.insert("user".into(), json!(user));
    }
    parameters
}

fn internal(hardened: &Hardened<'_>) -> Map<String, Value> {
    let mut parameters = Map::new();
    if let Some(epoch) = hardened.source_date_epoch {
        parameters.insert("casehard_sourceDateEpoch".into(), json!(epoch.to_string()));
    }
    parameters
}

fn resource(name: &str, digest: &Digest) -> ResourceDescriptor {
    ResourceDescriptor {
        name: Some(name.to_owned()),
        digest: digest_set(digest),
        ..ResourceDescriptor::default()
    }
}

fn dependencies(hardened: &Hardened<'_>) -> Vec<ResourceDescriptor> {
    let mut all = vec![ResourceDescriptor {
        uri: Some(image_uri(hardened.source, &hardened.source_digest)),
        ..resource("source-image", &hardened.source_digest)
    }];
    if let Some((name, digest)) = &hardened.base {
        all.push(ResourceDescriptor { uri: Some(image_uri(name, digest)), ..resource("base-image", digest) });
    }
    all.push(resource(hardened.workload.0, &hardened.workload.1));
    all.extend(hardened.materials.iter().map(|(name, digest)| resource(name, digest)));
    all
}

/// An image as a package URL (purl specification, type `oci`): its last name and its digest, qualifiers left out.
fn image_uri(name: &str, digest: &Digest) -> String {
    let name = name.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    // A tag, or the transport of a local image, is no part of a name.
    let parts: Vec<&str> = last.split(':').collect();
    let last = match parts.as_slice() {
        ["oci" | "oci-archive" | "docker-archive" | "docker-daemon" | "containers-storage", name, ..] => name,
        [name, ..] => name,
        [] => "",
    };
    let last = last.trim_end_matches(".tar");
    let mut uri = String::from("pkg:oci/");
    for byte in last.to_lowercase().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    if uri.ends_with('/') {
        uri.push_str("image");
    }
    uri + "@sha256%3A" + &digest.hex()
}

/// The run by name: a UUID of version 5 over what went in, what came out and when (RFC 9562).
fn invocation(hardened: &Hardened<'_>) -> String {
    let mut name = format!("{BUILD_TYPE}\n{}\n{}\n", hardened.source_digest, hardened.image);
    name.push_str(&format!("{}\n{}\n{}\n", hardened.workload.1, hardened.level, hardened.version));
    name.push_str(hardened.started.unwrap_or_default());
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
    format!("urn:uuid:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hardened() -> Hardened<'static> {
        Hardened {
            name: "registry.example.com/team/notes",
            image: Digest::of(b"hardened"),
            source: "registry.example.com/team/notes:1.2",
            source_digest: Digest::of(b"original"),
            base: Some(("docker.io/library/debian:12-slim", Digest::of(b"base"))),
            level: "package",
            user: None,
            workload: ("casehard.yaml", Digest::of(b"workload")),
            materials: &[],
            byproducts: &[],
            version: "0.1.0",
            started: Some("2026-01-01T00:00:00Z"),
            finished: Some("2026-01-01T00:01:00Z"),
            source_date_epoch: Some(1_767_225_600),
            builder: LOCAL_BUILDER,
        }
    }

    #[test]
    fn the_shape_is_that_of_slsa() {
        let report = Digest::of(b"report");
        let statement = provenance(&Hardened {
            byproducts: &[("report.json", report, "application/json")],
            ..hardened()
        });
        insta::assert_snapshot!(statement.to_text());
        assert_eq!(Statement::parse(&statement.to_bytes()).unwrap(), statement);
        assert!(statement.is_about(&Digest::of(b"hardened")));
    }

    #[test]
    fn what_others_write_is_read() {
        let statement = provenance(&hardened());
        let read: Provenance = serde_json::from_value(statement.predicate.clone()).unwrap();
        assert_eq!(read.build_definition.resolved_dependencies.len(), 3);
        let mut theirs = statement.predicate;
        let metadata = theirs["runDetails"]["metadata"].as_object_mut().unwrap();
        let id = metadata.remove("invocationId").unwrap();
        metadata.insert("invocationID".into(), id);
        metadata.insert("buildkit_reproducible".into(), true.into());
        assert!(
            serde_json::from_value::<Provenance>(theirs)
                .unwrap()
                .run_details
                .metadata
                .invocation_id
                .is_some()
        );
    }

    #[test]
    fn the_run_is_named_by_what_it_did() {
        let one = provenance(&hardened()).to_bytes();
        assert_eq!(one, provenance(&hardened()).to_bytes());
        let later = Hardened { started: Some("2026-01-02T00:00:00Z"), ..hardened() };
        assert_ne!(invocation(&later), invocation(&hardened()));
    }

    #[test]
    fn images_are_named_without_tag_and_transport() {
        let digest = Digest::of(b"");
        for (given, name) in [
            ("docker.io/library/debian:12-slim", "debian"),
            ("localhost:5000/App@sha256:00", "app"),
            ("oci:notes:full", "notes"),
            ("docker-archive:out/app.tar", "app"),
            ("oci:/tmp/ä b", "%C3%A4%20b"),
            ("", "image"),
        ] {
            assert_eq!(
                image_uri(given, &digest),
                format!("pkg:oci/{name}@sha256%3A{}", digest.hex()),
                "{given}"
            );
        }
    }
}
