//! Telling documents apart by their shape.

use super::{
    cve, debian_lists, debian_tracker, endoflife, epss, intake::Intake, kev, node, nvd, osv, php, redhat,
    retire, ruby, secdb, ubuntu, updateinfo, wolfi, yaml,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;

/// What came of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was read.
    Read,
    /// It is of a known kind, and damaged.
    Damaged(&'static str),
    /// It is nothing that is known here.
    Unknown,
}

/// Reads the document `name`, whatever it is.
pub(super) fn read(name: &str, bytes: &[u8], intake: &mut Intake) -> Outcome {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => object(name, bytes, intake),
        Some(b'[') if name.ends_with(".json") => list(name, bytes, intake),
        _ => std::str::from_utf8(bytes).map_or(Outcome::Unknown, |text| plain(name, text, intake)),
    }
}

fn object(name: &str, bytes: &[u8], intake: &mut Intake) -> Outcome {
    // By far the most documents are OSV records, and small: try these before looking at the keys.
    if bytes.len() < 1 << 22
        && let Ok(record) = serde_json::from_slice::<osv::Osv>(bytes)
    {
        osv::import(record, intake);
        return Outcome::Read;
    }
    let Ok(fields) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(bytes) else {
        return Outcome::Damaged("JSON");
    };
    let has = |names: &[&str]| names.iter().all(|name| fields.contains_key(*name));
    if has(&["id", "affected"]) {
        return parsed("OSV", bytes, |record| osv::import(record, intake));
    }
    if has(&["catalogVersion", "vulnerabilities"]) {
        return parsed("KEV", bytes, |catalog| kev::import(catalog, intake));
    }
    if has(&["document", "vulnerabilities"]) {
        return parsed("CSAF", bytes, |csaf| redhat::import(&csaf, intake));
    }
    if has(&["cveMetadata", "containers"]) {
        return parsed("CVE", bytes, |record| cve::import(record, intake));
    }
    if has(&["vulnerabilities"]) && (has(&["format"]) || has(&["resultsPerPage"])) {
        return parsed("NVD", bytes, |feed| nvd::import(feed, intake));
    }
    if has(&["cve"]) && has(&["_annotation"]) {
        let id = name.rsplit('/').next().and_then(|name| name.strip_suffix(".json")).unwrap_or_default();
        return parsed("NVD override", bytes, |item| nvd::import_override(id, item, intake));
    }
    if has(&["packages"]) {
        return value("secdb", bytes, |document| secdb::import(document, intake));
    }
    if has(&["result"]) {
        return value("endoflife.date", bytes, |document| endoflife::import(name, document, intake));
    }
    by_first_value(&fields, bytes, intake)
}

/// Documents whose keys are names of packages or numbers are told apart by what stands under the first.
fn by_first_value(fields: &BTreeMap<String, &RawValue>, bytes: &[u8], intake: &mut Intake) -> Outcome {
    let Some((key, first)) = fields.first_key_value() else { return Outcome::Unknown };
    let Ok(first) = serde_json::from_str::<BTreeMap<String, &RawValue>>(first.get()) else {
        return Outcome::Unknown;
    };
    if first.contains_key("extractors") {
        return parsed("Retire.js", bytes, |repository| retire::import(repository, intake));
    }
    if key.bytes().all(|byte| byte.is_ascii_digit()) && first.contains_key("affectedEnvironments") {
        return parsed("Node.js", bytes, |index| node::import(index, intake));
    }
    if first.keys().any(|id| id.starts_with("CVE-") || id.starts_with("TEMP-")) {
        return parsed("Debian tracker", bytes, |tracker: debian_tracker::Tracker| {
            debian_tracker::import(&tracker, intake);
        });
    }
    Outcome::Unknown
}

fn list(name: &str, bytes: &[u8], intake: &mut Intake) -> Outcome {
    value("endoflife.date", bytes, |document| endoflife::import(name, document, intake))
}

fn plain(name: &str, text: &str, intake: &mut Intake) -> Outcome {
    let head = text.get(..200).unwrap_or(text);
    if epss::is_epss(head) {
        epss::import(text, intake);
        return Outcome::Read;
    }
    if head.starts_with("cveID,") {
        return kev::import_csv(text, intake).map_or(Outcome::Damaged("KEV"), |()| Outcome::Read);
    }
    if head.starts_with('[') && ["] DSA-", "] DLA-", "] DTSA-"].iter().any(|mark| head.contains(mark)) {
        debian_lists::advisories(text, intake);
        return Outcome::Read;
    }
    if updateinfo::is_updateinfo(head) {
        updateinfo::import(text, intake);
        return Outcome::Read;
    }
    if ubuntu::is_tracker(text) {
        return ubuntu::import(text, intake)
            .map_or(Outcome::Damaged("Ubuntu CVE tracker"), |()| Outcome::Read);
    }
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        let Some(document) = yaml::read(text) else { return Outcome::Damaged("YAML") };
        let read = ruby::import(name, &document, intake)
            .or_else(|| php::import(name, &document, intake))
            .or_else(|| wolfi::import(&document, intake))
            .or_else(|| secdb::import(&document, intake));
        return read.map_or(Outcome::Unknown, |()| Outcome::Read);
    }
    if (head.starts_with("CVE-") || head.starts_with("TEMP-")) && text.contains("\n\t") {
        debian_lists::vulnerabilities(text, intake);
        return Outcome::Read;
    }
    Outcome::Unknown
}

fn parsed<T: DeserializeOwned>(kind: &'static str, bytes: &[u8], import: impl FnOnce(T)) -> Outcome {
    let mut input = serde_json::Deserializer::from_slice(bytes);
    match T::deserialize(&mut input) {
        Ok(document) => {
            import(document);
            Outcome::Read
        }
        Err(_) => Outcome::Damaged(kind),
    }
}

fn value(kind: &'static str, bytes: &[u8], import: impl FnOnce(&Value) -> Option<()>) -> Outcome {
    let mut outcome = Outcome::Damaged(kind);
    let _ = parsed(kind, bytes, |document: Value| {
        outcome = import(&document).map_or(Outcome::Unknown, |()| Outcome::Read);
    });
    outcome
}
