//! CVE records (CVE JSON 5): ratings by the CNA and by CISA, and weaknesses.

use super::intake::Intake;
use crate::advisory::{Rating, Record};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CveRecord {
    cve_metadata: Metadata,
    containers: Containers,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    cve_id: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    date_published: Option<String>,
    #[serde(default)]
    date_updated: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Containers {
    cna: Container,
    #[serde(default)]
    adp: Vec<Container>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default)]
    provider_metadata: Option<Provider>,
    #[serde(default)]
    descriptions: Vec<Value>,
    #[serde(default)]
    metrics: Vec<Value>,
    #[serde(default)]
    problem_types: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    #[serde(default)]
    short_name: Option<String>,
}

/// Reads one record.
pub(super) fn import(cve: CveRecord, intake: &mut Intake) {
    let source = intake.source("cisa");
    let Metadata { cve_id, state, date_published, date_updated } = cve.cve_metadata;
    intake.read(source, date_updated.as_deref());
    if state.as_deref() == Some("REJECTED") {
        return intake.record(&cve_id, Record { withdrawn: true, ..Record::default() });
    }
    let description = cve
        .containers
        .cna
        .descriptions
        .iter()
        .find(|text| text.get("lang").and_then(Value::as_str).is_some_and(|lang| lang.starts_with("en")));
    let mut record = Record {
        summary: description.and_then(|text| text.get("value")?.as_str()).map(str::to_owned),
        published: date_published,
        ..Record::default()
    };
    for container in std::iter::once(&cve.containers.cna).chain(&cve.containers.adp) {
        let by = container.provider_metadata.as_ref().and_then(|provider| provider.short_name.as_deref());
        for metric in &container.metrics {
            let vectors = ["cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0"]
                .iter()
                .filter_map(|version| metric.get(version)?.get("vectorString")?.as_str());
            record.ratings.extend(vectors.map(|vector| Rating {
                source,
                by: by.map(str::to_owned),
                value: vector.to_owned(),
            }));
        }
        let weaknesses = container
            .problem_types
            .iter()
            .flat_map(|problem| problem.get("descriptions").and_then(Value::as_array).into_iter().flatten());
        record
            .weaknesses
            .extend(weaknesses.filter_map(|weakness| Some(weakness.get("cweId")?.as_str()?.to_owned())));
    }
    intake.record(&cve_id, record);
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import};
    use crate::{Store, store::Builder};

    #[test]
    fn reads_both_containers() {
        let json = r#"{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED","datePublished":"2024-01-02T03:04:05"},"containers":{
            "cna":{"providerMetadata":{"shortName":"acme"},"descriptions":[{"lang":"en-US","value":"A flaw"}],"problemTypes":[{"descriptions":[{"cweId":"CWE-79"}]}]},
            "adp":[{"providerMetadata":{"shortName":"CISA-ADP"},"metrics":[{"cvssV3_1":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},{"other":{"type":"ssvc"}}]}]}}"#;
        let mut builder = Builder::new("2026-01-01");
        import(serde_json::from_str(json).expect("a record"), &mut Intake::new(&mut builder, "2026-01-01"));
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let record = store.record("CVE-2024-0001").expect("sound").expect("recorded");
        assert_eq!(
            (record.summary, record.weaknesses, record.published),
            (Some("A flaw"), vec!["CWE-79"], Some("2024-01-02"))
        );
        assert_eq!(record.ratings[0].by, Some("CISA-ADP"));
    }
}
