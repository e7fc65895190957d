//! Reading VEX documents: OpenVEX 0.2, CSAF 2.0 (the VEX profile), CycloneDX 1.4 and later.

use super::{Product, Statement, Status, read_csaf};
use serde_json::Value;

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VexError {
    /// It is not JSON.
    #[error("read the VEX document {name}: {source}")]
    Json {
        /// The document.
        name: String,
        /// The cause.
        source: serde_json::Error,
    },
    /// It is of no known format.
    #[error("read the VEX document {name}: it is neither OpenVEX nor CSAF nor CycloneDX")]
    Format {
        /// The document.
        name: String,
    },
}

/// Reads the document `name`.
///
/// # Errors
/// If it is not JSON, or of no known format. Statements that are incomplete are left out.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Statement>, VexError> {
    let document: Value =
        serde_json::from_slice(bytes).map_err(|source| VexError::Json { name: name.to_owned(), source })?;
    let context = document.get("@context").and_then(Value::as_str).unwrap_or_default();
    if context.contains("openvex") && document.get("statements").is_some() {
        return Ok(openvex(name, &document));
    }
    if document.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX") {
        return Ok(cyclonedx(name, &document));
    }
    if document.get("document").is_some() && document.get("vulnerabilities").is_some() {
        return Ok(read_csaf::statements(name, &document));
    }
    Err(VexError::Format { name: name.to_owned() })
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str().filter(|text| !text.is_empty())
}

pub(super) fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn openvex(name: &str, document: &Value) -> Vec<Statement> {
    let dated = text(document, "timestamp");
    let statement = |(at, statement): (usize, &Value)| {
        let vulnerability = statement.get("vulnerability")?;
        // Before 0.2 the vulnerability was a plain string.
        let first = vulnerability.as_str().or_else(|| text(vulnerability, "name"))?;
        let aliases = list(vulnerability, "aliases").filter_map(Value::as_str);
        Some(Statement {
            origin: format!("{name}, statement {}", at + 1),
            ids: std::iter::once(first).chain(aliases).map(str::to_owned).collect(),
            products: list(statement, "products").map(product).collect(),
            status: serde_json::from_value(statement.get("status")?.clone()).ok()?,
            justification: text(statement, "justification").map(str::to_owned),
            text: text(statement, "impact_statement")
                .or_else(|| text(statement, "action_statement"))
                .map(str::to_owned),
            timestamp: text(statement, "timestamp").or(dated).map(str::to_owned),
        })
    };
    list(document, "statements").enumerate().filter_map(statement).collect()
}

fn product(product: &Value) -> Product {
    let subcomponents = list(product, "subcomponents").flat_map(identifiers);
    Product { ids: identifiers(product), subcomponents: subcomponents.collect() }
}

fn identifiers(component: &Value) -> Vec<String> {
    let identifiers = component.get("identifiers").and_then(Value::as_object).into_iter().flatten();
    let hashes = component.get("hashes").and_then(Value::as_object).into_iter().flatten();
    let mut ids: Vec<String> = component
        .as_str()
        .or_else(|| text(component, "@id"))
        .into_iter()
        .chain(identifiers.chain(hashes).filter_map(|(_, value)| value.as_str()))
        .map(str::to_owned)
        .collect();
    ids.dedup();
    ids
}

fn cyclonedx(name: &str, document: &Value) -> Vec<Statement> {
    let components: Vec<(&str, &str)> = list(document, "components")
        .chain(document.pointer("/metadata/component"))
        .filter_map(|component| Some((text(component, "bom-ref")?, text(component, "purl")?)))
        .collect();
    let product = |affects: &Value| {
        let reference = text(affects, "ref")?;
        // `urn:cdx:serial/version#bom-ref` links into another document; package URLs are common as references.
        let reference = reference
            .rsplit_once('#')
            .filter(|_| reference.starts_with("urn:cdx:"))
            .map_or(reference, |(_, own)| own);
        let purl = components.iter().find(|(own, _)| *own == reference).map_or(reference, |(_, purl)| purl);
        Some(Product { ids: vec![decode_reference(purl)], subcomponents: Vec::new() })
    };
    let statement = |(at, vulnerability): (usize, &Value)| {
        let analysis = vulnerability.get("analysis")?;
        let status = match text(analysis, "state")? {
            "not_affected" | "false_positive" => Status::NotAffected,
            "resolved" | "resolved_with_pedigree" => Status::Fixed,
            "exploitable" => Status::Affected,
            _ => Status::UnderInvestigation,
        };
        let others = list(vulnerability, "references").filter_map(|reference| text(reference, "id"));
        Some(Statement {
            origin: format!("{name}, vulnerability {}", at + 1),
            ids: std::iter::once(text(vulnerability, "id")?).chain(others).map(str::to_owned).collect(),
            products: list(vulnerability, "affects").filter_map(product).collect(),
            status,
            justification: text(analysis, "justification").map(str::to_owned),
            text: text(analysis, "detail").map(str::to_owned),
            timestamp: text(analysis, "lastUpdated")
                .or_else(|| text(analysis, "firstIssued"))
                .map(str::to_owned),
        })
    };
    list(document, "vulnerabilities").enumerate().filter_map(statement).collect()
}

/// A package URL within a BOM-Link is percent-encoded as a whole.
fn decode_reference(reference: &str) -> String {
    if reference.starts_with("pkg%3A") || reference.starts_with("pkg%3a") {
        return reference
            .replace("%3A", ":")
            .replace("%3a", ":")
            .replace("%2F", "/")
            .replace("%2f", "/")
            .replace("%40", "@")
            .replace("%3F", "?")
            .replace("%3D", "=")
            .replace("%26", "&");
    }
    reference.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Status, read};

    #[test]
    fn reads_openvex() {
        let json = r#"{"@context":"https://openvex.dev/ns/v0.2.0","timestamp":"2025-01-01T00:00:00Z","statements":[
            {"vulnerability":{"name":"CVE-2024-1","aliases":["GHSA-x"]},"products":[{"@id":"pkg:oci/app@sha256%3Aab","hashes":{"sha-256":"ab"},
              "subcomponents":[{"@id":"pkg:deb/debian/x@1"}]}],"status":"not_affected","justification":"component_not_present"},
            {"vulnerability":"CVE-2024-2","products":["pkg:deb/debian/y"],"status":"fixed"},{"status":"fixed"}]}"#;
        let statements = read("a.json", json.as_bytes()).expect("OpenVEX");
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[0].ids, ["CVE-2024-1", "GHSA-x"]);
        assert_eq!(statements[0].products[0].ids, ["pkg:oci/app@sha256%3Aab", "ab"]);
        assert_eq!(statements[0].products[0].subcomponents, ["pkg:deb/debian/x@1"]);
        assert_eq!(
            (statements[1].status, statements[1].timestamp.as_deref()),
            (Status::Fixed, Some("2025-01-01T00:00:00Z"))
        );
    }

    #[test]
    fn reads_cyclonedx() {
        let json = r#"{"bomFormat":"CycloneDX","components":[{"bom-ref":"c1","purl":"pkg:pypi/x@1"}],"vulnerabilities":[
            {"id":"CVE-2024-1","analysis":{"state":"not_affected","justification":"code_not_reachable"},"affects":[{"ref":"c1"},{"ref":"urn:cdx:u/1#pkg:npm/y@2"}]},
            {"id":"CVE-2024-2"}]}"#;
        let statements = read("b.json", json.as_bytes()).expect("CycloneDX");
        assert_eq!(statements.len(), 1);
        assert_eq!(
            statements[0].products.iter().map(|product| product.ids[0].as_str()).collect::<Vec<_>>(),
            ["pkg:pypi/x@1", "pkg:npm/y@2"]
        );
    }

    #[test]
    fn refuses_other_documents() {
        assert!(read("c.json", b"{}").is_err());
        assert!(read("d.json", b"no").is_err());
    }
}
