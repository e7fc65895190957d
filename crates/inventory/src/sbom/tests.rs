//! What is written can be read, by ourselves too.

use super::*;

fn sbom() -> Sbom {
    let deb = Component {
        id: "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc".into(),
        ecosystem: Ecosystem::Deb,
        name: "libc6".into(),
        version: "2.36-9".into(),
        purl: "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc".into(),
        architecture: Some("amd64".into()),
        source: Some(Source { name: "glibc".into(), version: "2.36-9".into() }),
        licenses: vec!["LGPL-2.1".into(), "a strange one".into()],
        supplier: Some("GNU Libc Maintainers <libc@example.org>".into()),
        summary: Some("GNU C Library\nPackageName: forged".into()),
        homepage: Some("https://example.org/x".into()),
        locations: vec!["/var/lib/dpkg/status".into()],
        layer: Some(0),
        presence: crate::Presence::Partial,
        remaining: vec!["/usr/lib/libc.so.6".into()],
        found_by: "dpkg".into(),
        ..Component::default()
    };
    let pypi = Component {
        id: "pkg:pypi/flask@2.3.1".into(),
        ecosystem: Ecosystem::Pypi,
        name: "Flask".into(),
        version: "2.3.1".into(),
        purl: "pkg:pypi/flask@2.3.1".into(),
        licenses: vec!["BSD-3-Clause".into()],
        locations: vec!["/srv/Flask-2.3.1.dist-info/METADATA".into()],
        layer: Some(1),
        found_by: "python".into(),
        ..Component::default()
    };
    let program = Component {
        id: "pkg:generic/redis@7.2.3".into(),
        name: "redis".into(),
        version: "7.2.3".into(),
        purl: "pkg:generic/redis@7.2.3".into(),
        cpes: vec!["cpe:2.3:a:redis:redis:7.2.3:*:*:*:*:*:*:*".into()],
        locations: vec!["/usr/local/bin/redis-server".into()],
        layer: Some(1),
        depends_on: vec![deb.id.clone()],
        found_by: "evidence".into(),
        ..Component::default()
    };
    Sbom {
        subject: Described {
            name: "registry.example.org/team/app:1".into(),
            digest: format!("sha256:{}", "ab".repeat(32)),
            architecture: "amd64".into(),
            layers: vec![format!("sha256:{}", "01".repeat(32)), format!("sha256:{}", "02".repeat(32))],
            base: Some(BaseImage { name: "debian:12".into(), digest: String::new() }),
        },
        distribution: Some(Distribution {
            id: "debian".into(),
            version: "12".into(),
            ..Distribution::default()
        }),
        components: vec![deb, pypi, program],
        unknowns: vec![NotRead { path: "/app/x.jar".into(), why: "Java archive that cannot be read".into() }],
        unowned: Vec::new(),
    }
}

fn stamp() -> Stamp {
    Stamp { created: 1_767_225_600, tool_version: "0.1.0".into() }
}

const CYCLONEDX: [CycloneDxVersion; 3] =
    [CycloneDxVersion::V1_5, CycloneDxVersion::V1_6, CycloneDxVersion::V1_7];

/// What a scan asks for.
fn asked(sbom: &Sbom) -> Vec<Component> {
    let fields = |one: &Component| Component {
        ecosystem: one.ecosystem,
        name: one.name.clone(),
        version: one.version.clone(),
        purl: one.purl.clone(),
        source: one.source.clone(),
        architecture: one.architecture.clone(),
        locations: one.locations.clone(),
        cpes: one.cpes.clone(),
        ..Component::default()
    };
    sbom.components.iter().map(fields).collect()
}

#[test]
fn what_is_written_is_read() {
    let original = sbom();
    assert_eq!(Sbom::read(&original.write(Format::Json, &stamp())).unwrap(), original);
    let mut others: Vec<Format> = CYCLONEDX.into_iter().map(Format::CycloneDx).collect();
    others.extend([Format::SpdxJson, Format::SpdxTagValue]);
    for format in others {
        let read = Sbom::read(&original.write(format, &stamp())).unwrap();
        assert_eq!(asked(&read), asked(&original), "{format:?}");
        assert_eq!(read.distribution, original.distribution, "{format:?}");
        assert_eq!(read.components[0].presence, crate::Presence::Partial, "{format:?}");
        assert_eq!(read.components[0].remaining, original.components[0].remaining, "{format:?}");
    }
    let read = Sbom::read(&original.write(Format::CycloneDx(CycloneDxVersion::V1_6), &stamp())).unwrap();
    let layers: Vec<_> = read.components.iter().map(|one| one.layer).collect();
    assert_eq!(layers, [Some(0), Some(1), Some(1)]);
    assert_eq!(
        (read.subject.digest, read.components[1].found_by.as_str()),
        (original.subject.digest, "python")
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let formats = [
        Format::CycloneDx(CycloneDxVersion::V1_6),
        Format::SpdxJson,
        Format::SpdxTagValue,
        Format::Json,
        Format::Table,
        Format::Purls,
    ];
    for format in formats {
        assert_eq!(sbom().write(format, &stamp()), sbom().write(format, &stamp()));
    }
    let mut other = sbom();
    other.components.pop();
    let id = |sbom: &Sbom| {
        let bytes = sbom.write(Format::CycloneDx(CycloneDxVersion::V1_6), &stamp());
        serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()["serialNumber"].clone()
    };
    assert_ne!(id(&sbom()), id(&other));
}

#[test]
fn the_shapes_that_others_need() {
    for version in CYCLONEDX {
        let bytes = sbom().write(Format::CycloneDx(version), &stamp());
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let components = document["components"].as_array().unwrap();
        assert_eq!(components[0]["type"], "operating-system");
        assert_eq!(components[0]["name"], "debian");
        let refs: Vec<_> = components.iter().map(|one| one["bom-ref"].as_str().unwrap()).collect();
        let image = document["metadata"]["component"]["bom-ref"].as_str().unwrap();
        for dependency in document["dependencies"].as_array().unwrap() {
            let known = |id: &serde_json::Value| refs.contains(&id.as_str().unwrap()) || id == image;
            assert!(
                known(&dependency["ref"]) && dependency["dependsOn"].as_array().unwrap().iter().all(known)
            );
        }
        // An array of identities is what older readers fail at, and 1.5 has no context of an occurrence.
        let evidence = &components[1]["evidence"];
        assert!(evidence.get("identity").is_none());
        assert_eq!(
            evidence["occurrences"][0].get("additionalContext").is_some(),
            version > CycloneDxVersion::V1_5
        );
    }
    let document: serde_json::Value =
        serde_json::from_slice(&sbom().write(Format::SpdxJson, &stamp())).unwrap();
    let packages = document["packages"].as_array().unwrap();
    let described: Vec<_> = document["relationships"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["relationshipType"] == "DESCRIBES")
        .map(|one| one["relatedSpdxElement"].clone())
        .collect();
    assert_eq!((described.len(), &described[0]), (1, &packages[0]["SPDXID"]));
    assert_eq!(packages[0]["primaryPackagePurpose"], "CONTAINER");
    assert!(packages[1]["SPDXID"].as_str().unwrap().starts_with("SPDXRef-OperatingSystem"));
    let libc = packages.iter().find(|one| one["name"] == "libc6").unwrap();
    assert_eq!(libc["sourceInfo"], "built package from: glibc 2.36-9");
    assert_eq!(libc["externalRefs"][0]["referenceCategory"], "PACKAGE-MANAGER");
}

#[test]
fn hostile_text_begins_no_tag() {
    let text = String::from_utf8(sbom().write(Format::SpdxTagValue, &stamp())).unwrap();
    let read = Sbom::read(text.as_bytes()).unwrap();
    assert!(!read.components.iter().any(|one| one.name == "forged"));
    let table = String::from_utf8(sbom().write(Format::Table, &stamp())).unwrap();
    assert!(table.lines().count() == 5 && table.contains("not read: /app/x.jar"));
}

/// Every field of the document must be in the published schema, and what the schema requires in the document.
fn holds(schema: &serde_json::Value, root: &serde_json::Value, value: &serde_json::Value, path: &str) {
    let schema = match schema.get("$ref").and_then(serde_json::Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match value {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                let known = schema["properties"].get(key);
                holds(known.unwrap_or_else(|| panic!("{path}/{key} is not in the schema")), root, value, key);
            }
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(fields.contains_key(required.as_str().unwrap()), "{path} lacks {required}");
            }
        }
        serde_json::Value::Array(items) => {
            items.iter().for_each(|item| holds(&schema["items"], root, item, path));
        }
        other => {
            let allowed = schema["enum"].as_array();
            assert!(allowed.is_none_or(|allowed| allowed.contains(other)), "{path} must not be {other}");
            assert!(schema.get("const").is_none_or(|only| only == other), "{path} must not be {other}");
        }
    }
}

#[test]
fn our_own_form_keeps_to_its_schema() {
    let text = include_str!("../../../../docs/schemas/casehard-sbom.schema.json");
    let schema: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut all = sbom();
    all.components[0].part_of = Some("x".into());
    all.components[0].modularity = Some("m:1:2:3".into());
    all.unowned.push("/usr/local/bin/x".into());
    all.distribution.as_mut().unwrap().content_sets.push("rhel-9-for-x86_64-baseos-rpms".into());
    let document = serde_json::from_slice(&all.write(Format::Json, &stamp())).unwrap();
    holds(&schema, &schema, &document, "");
    let stated = schema.pointer("/$defs/component/properties/ecosystem/enum").unwrap().as_array().unwrap();
    assert!(stated.iter().eq(Ecosystem::ALL.iter().map(|one| one.as_str())));
}

#[test]
fn other_documents_are_told_apart() {
    for (text, error) in [
        ("", "neither JSON nor"),
        ("{}", "expected CycloneDX"),
        ("{\"format\":\"casehard-sbom\",\"version\":9}", "\"9\" is not known"),
        ("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"2.0\"}", "\"2.0\" is not known"),
        ("{", "EOF"),
    ] {
        let shown = Sbom::read(text.as_bytes()).unwrap_err().to_string();
        assert!(shown.contains(error), "{text}: {shown}");
    }
    let syft = br#"{"artifacts":[{"id":"1","name":"libssl3","version":"3.0.11-1","purl":"pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&upstream=openssl",
        "foundBy":"dpkg-db-cataloger","locations":[{"path":"/var/lib/dpkg/status"}],"metadata":{"source":"openssl"}},
        {"id":"2","name":"x","version":"1","purl":"pkg:pypi/x@1"}],"artifactRelationships":[{"parent":"1","child":"2","type":"ownership-by-file-overlap"}],
        "source":{"metadata":{"userInput":"app"}},"distro":{"id":"debian","versionID":"12"}}"#;
    let read = Sbom::read(syft).unwrap();
    assert_eq!(read.components[0].source.as_ref().unwrap().name, "openssl");
    assert_eq!((read.components[1].part_of.as_deref(), read.things().count()), (Some("1"), 1));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(SPDXVersion: |PackageName: |<text>|</text>|ExternalRef: |[a-z :\n]){0,40}") {
        let _ = Sbom::read(format!("SPDXVersion: SPDX-2.3\n{text}").as_bytes());
    }
}
