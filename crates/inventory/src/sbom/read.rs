//! Bills of materials that others wrote: CycloneDX JSON, SPDX 2 JSON and tag-value, Syft's JSON, and our own.

use serde_json::Value;

use super::{Component, Described, Distribution, Sbom, Source, foreign, list::OWN_FORMAT, tag_value};
use crate::purl::Purl;

/// Why a document is no bill of materials that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SbomError {
    /// It is neither JSON nor SPDX tag-value.
    #[error("parse a bill of materials: it is neither JSON nor SPDX tag-value")]
    NotOne,
    /// The JSON is broken.
    #[error("parse a bill of materials: {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON is something else.
    #[error("recognise a bill of materials: expected CycloneDX, SPDX 2, Syft or Casehard JSON")]
    UnknownFormat,
    /// It is of a version that cannot be read.
    #[error("read a bill of materials: {format} version {version:?} is not known")]
    UnknownVersion {
        /// What it is.
        format: &'static str,
        /// The version it states.
        version: String,
    },
}

impl Sbom {
    /// Reads a document of any of the forms that are known, by its content.
    ///
    /// # Errors
    /// When it is none of them, or broken.
    pub fn read(bytes: &[u8]) -> Result<Self, SbomError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.trim_ascii_start().starts_with(b"SPDXVersion:") {
            return foreign::spdx(&tag_value::parse(&String::from_utf8_lossy(bytes)));
        }
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(SbomError::NotOne);
        }
        let document: Value = serde_json::from_slice(bytes)?;
        let text = |key: &str| document.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("format") == OWN_FORMAT {
            return match document.get("version").and_then(Value::as_u64) {
                Some(1) => Ok(serde_json::from_value(document)?),
                other => Err(SbomError::UnknownVersion {
                    format: "Casehard",
                    version: other.map(|number| number.to_string()).unwrap_or_default(),
                }),
            };
        }
        if text("bomFormat") == "CycloneDX" {
            return foreign::cyclonedx(&document);
        }
        if text("spdxVersion").starts_with("SPDX-2") {
            return foreign::spdx(&document);
        }
        if document.get("artifacts").is_some() && document.get("source").is_some() {
            return foreign::syft(&document);
        }
        Err(SbomError::UnknownFormat)
    }
}

/// A component of what its package URL says, for documents that say the rest otherwise.
pub(super) fn component(purl: &str, name: &str, version: &str) -> Option<Component> {
    let parsed = Purl::parse(purl)?;
    let ecosystem = parsed.ecosystem()?;
    let qualifier =
        |key: &str| parsed.qualifiers.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let full = parsed.package_name();
    let epoch = qualifier("epoch").map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let own =
        if parsed.version.is_empty() { version.to_owned() } else { format!("{epoch}{}", parsed.version) };
    Some(Component {
        id: purl.to_owned(),
        ecosystem,
        // The document's own name keeps the letters that package URLs fold.
        name: if full.eq_ignore_ascii_case(name) { name.to_owned() } else { full },
        version: own.clone(),
        purl: purl.to_owned(),
        architecture: qualifier("arch"),
        source: qualifier("upstream").map(|upstream| source(&upstream, &own)),
        ..Component::default()
    })
}

/// The source package of an `upstream` qualifier: `name`, `name@version`, or the file name of a source RPM.
fn source(upstream: &str, version: &str) -> Source {
    if upstream.ends_with(".rpm")
        && let Some(found) = crate::catalogers::source_rpm(upstream)
    {
        return Source { name: found.name, version: found.version };
    }
    match upstream.split_once('@') {
        Some((name, version)) => Source { name: name.to_owned(), version: version.to_owned() },
        None => Source { name: upstream.to_owned(), version: version.to_owned() },
    }
}

/// The distribution by the `distro` qualifier that most components carry.
pub(super) fn distribution_of(components: &[Component]) -> Option<Distribution> {
    let stated = components.iter().filter(|one| one.ecosystem.is_distribution()).find_map(|one| {
        let purl = Purl::parse(&one.purl)?;
        purl.qualifiers.into_iter().find(|(key, _)| key == "distro").map(|(_, value)| value)
    })?;
    let (id, version) = stated.split_once('-').unwrap_or((&stated, ""));
    Some(Distribution { id: id.to_owned(), version: version.to_owned(), ..Distribution::default() })
}

/// Sorted and with unique ids, as bills of materials are.
pub(super) fn settled(
    subject: Described,
    distribution: Option<Distribution>,
    mut components: Vec<Component>,
) -> Sbom {
    components.sort_by(|a, b| {
        (a.ecosystem, &a.name, &a.version, &a.id).cmp(&(b.ecosystem, &b.name, &b.version, &b.id))
    });
    components.dedup_by(|a, b| a.id == b.id);
    let distribution = distribution.or_else(|| distribution_of(&components));
    Sbom { subject, distribution, components, ..Sbom::default() }
}
