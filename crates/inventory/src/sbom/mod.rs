//! Bills of materials: what an inventory says, in a form that outlives the image, and the documents of others.
//!
//! [`Sbom`] is what `casehard scan` reads, whether it comes from an image or from a document. Its own JSON (schema
//! `docs/schemas/casehard-sbom.schema.json`) has everything; CycloneDX and SPDX have what they can say.

mod cyclonedx;
mod date;
mod foreign;
mod layers;
mod licence;
mod list;
mod of;
mod read;
mod spdx;
mod tag_value;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::Ecosystem;

pub use cyclonedx::CycloneDxVersion;
pub use date::rfc3339;
pub use of::Select;
pub use read::SbomError;

/// What is in an image.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sbom {
    /// The image.
    pub subject: Described,
    /// The distribution, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// The software, sorted by ecosystem, name and version.
    #[serde(default)]
    pub components: Vec<Component>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknowns: Vec<NotRead>,
    /// Files that belong to no package, where they were asked for: paths with a leading `/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unowned: Vec<String>,
}

/// The image that a bill of materials is of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// Its reference as given.
    pub name: String,
    /// The digest of its manifest: `sha256:…`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// `GOARCH` value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub architecture: String,
    /// The digests of its uncompressed layers, lowest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    /// The image it was made from, as its annotations or labels say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseImage>,
}

/// The image that an image was made from (OCI annotations `org.opencontainers.image.base.*`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BaseImage {
    /// Its reference.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its digest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

/// A distribution (`os-release(5)`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Distribution {
    /// `ID`: `debian`.
    pub id: String,
    /// `VERSION_ID`: `12`; empty for rolling ones.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// `VERSION_CODENAME`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub codename: String,
    /// `PRETTY_NAME`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `ID_LIKE`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub like: Vec<String>,
    /// The content sets that its packages are from (Red Hat's content manifests).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content_sets: Vec<String>,
}

/// One piece of software.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// What other parts of the document call it; unique.
    pub id: String,
    /// Where it comes from: the type of its package URL.
    pub ecosystem: Ecosystem,
    /// Its name as its ecosystem spells it.
    pub name: String,
    /// Its version; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Its package URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purl: String,
    /// The processor it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// What it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The RPM module it is of, as `name:stream:version:context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modularity: Option<String>,
    /// Common Platform Enumeration names, where nothing else says what a program is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<String>,
    /// Its licences as stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
    /// Who made or packaged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// One line of what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Where to read about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Where it was found: paths with a leading `/`, bytes that are not printable escaped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// The layer that brought it, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// How much of it is there.
    #[serde(default, skip_serializing_if = "is_whole")]
    pub presence: crate::Presence,
    /// For a partial package: the files that are left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remaining: Vec<String>,
    /// The distribution package that has its files: both are one thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// The components it needs to run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Which cataloger found it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub found_by: String,
}

fn is_whole(presence: &crate::Presence) -> bool {
    *presence == crate::Presence::Whole
}

/// What a component was built from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// A file that could not be read as what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NotRead {
    /// The file.
    pub path: String,
    /// Why.
    pub why: String,
}

/// A form in which a bill of materials is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// CycloneDX JSON (ECMA-424).
    CycloneDx(CycloneDxVersion),
    /// SPDX 2.3 JSON.
    SpdxJson,
    /// SPDX 2.3 tag-value.
    SpdxTagValue,
    /// All of it, in our own JSON.
    Json,
    /// A table for people.
    Table,
    /// One package URL per line.
    Purls,
}

/// What a document states that its subject does not: when it was made, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds since 1970.
    pub created: i64,
    /// The version of Casehard.
    pub tool_version: String,
}

impl Sbom {
    /// The document in a format; the same bytes for the same input.
    #[must_use]
    pub fn write(&self, format: Format, stamp: &Stamp) -> Vec<u8> {
        let json = |value: &serde_json::Value| {
            // A value in memory has only text for keys, which is all that could fail.
            let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
            bytes.push(b'\n');
            bytes
        };
        match format {
            Format::CycloneDx(version) => json(&cyclonedx::document(self, version, stamp)),
            Format::SpdxJson => json(&spdx::document(self, stamp)),
            Format::SpdxTagValue => tag_value::text(&spdx::document(self, stamp)).into_bytes(),
            Format::Json => json(&list::own(self, stamp)),
            Format::Table => list::table(self).into_bytes(),
            Format::Purls => list::purls(self).into_bytes(),
        }
    }

    /// The components that are things of their own: those that are a part of another are left out.
    pub fn things(&self) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(|component| component.part_of.is_none())
    }

    /// A name-based identifier (UUID version 5) of this content in that form.
    fn uuid(&self, form: &str) -> uuid::Uuid {
        let content = serde_json::to_vec(self).unwrap_or_default();
        let name = format!("{form} {}", casehard_oci::Digest::of(&content));
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes())
    }
}
