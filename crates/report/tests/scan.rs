//! A scan of made-up packages against a store made here, drawn in every way.

use casehard_report::{ScanFormat, explain, scan};
use casehard_vuln::{
    Assess, Assessment, Distribution, Ecosystem, Level, Material, Store, Subject, SubjectKind,
    advisory::{Exploited, FixState, Rating, Record, Row},
    assess,
    gate::Gate,
    import::source,
    store::Builder,
};

/// What a hostile package could be called.
const EVIL: &str = "x\u{1b}[2J<b>|`@all`\n::error::x";

fn assessment(gate: Gate) -> Assessment {
    let mut builder = Builder::new("2026-01-01");
    let debian = builder.source(&source("debian"));
    let release = Ecosystem::parse("Debian:12").expect("known");
    let names = ["openssl", EVIL];
    for (at, name) in names.iter().enumerate() {
        let id = format!("CVE-2024-000{}", at + 1);
        builder.row(&release, name, Row::new(&id, debian, FixState::Fixed).fixed_in("3.0-2"));
        let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        let ratings = vec![Rating {
            source: debian,
            by: None,
            value: if at == 0 { vector.into() } else { "low".into() },
        }];
        builder.record(
            &id,
            Record { summary: Some(format!("{name} reads out of bounds")), ratings, ..Record::default() },
        );
    }
    builder
        .exploited("CVE-2024-0001", Exploited { added: "2024-02-03".into(), due: None, ransomware: false });
    let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
    let subject = |name: &str| Subject {
        kind: SubjectKind::Distribution,
        name: name.to_owned(),
        version: "3.0-1".into(),
        purl: "pkg:deb/debian/openssl@3.0-1".into(),
        ..Subject::default()
    };
    let material = Material {
        name: "registry.example/app:1".into(),
        subjects: names.map(subject).into(),
        distribution: Some(Distribution {
            id: "debian".into(),
            version_id: "12".into(),
            ..Distribution::default()
        }),
        unknowns: vec!["/opt/x.jar: a broken archive".into()],
        ..Material::default()
    };
    assess(&store, &material, &Assess { today: "2026-01-02", gate, ..Assess::default() }).expect("sound")
}

fn high() -> Assessment {
    assessment(Gate { fail_on: Some(Level::High), ..Gate::default() })
}

#[test]
fn each_form_says_what_was_found_and_what_was_not_seen() {
    let result = high();
    for format in [
        ScanFormat::Table,
        ScanFormat::Json,
        ScanFormat::Sarif,
        ScanFormat::Junit,
        ScanFormat::Gitlab,
        ScanFormat::Github,
        ScanFormat::Markdown,
    ] {
        let text = scan(&result, format, "2026-01-02T00:00:00Z");
        for part in ["CVE-2024-0001", "CVE-2024-0002", "3.0-2", "a broken archive"] {
            assert!(text.contains(part), "{format:?} lacks {part}:\n{text}");
        }
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{format:?} has what a terminal obeys");
        assert!(
            !text.lines().any(|line| line.starts_with("::error::x")),
            "{format:?} lets a package annotate"
        );
    }
    let text = scan(&result, ScanFormat::CycloneDx, "2026-01-02T00:00:00Z");
    assert!(text.contains("\"specVersion\": \"1.6\"") && text.contains("CVE-2024-0002"));
}

#[test]
fn only_what_makes_the_answer_no_fails_in_junit() {
    let text = scan(&high(), ScanFormat::Junit, "2026-01-02T00:00:00Z");
    assert_eq!((text.matches("<failure").count(), text.matches("<skipped").count()), (1, 2), "{text}");
    assert!(!text.contains("<b>") && text.contains("its severity critical is at least high"));
    let blind = assessment(Gate { fail_on_blind: true, ..Gate::default() });
    let text = scan(&blind, ScanFormat::Junit, "2026-01-02T00:00:00Z");
    assert_eq!(text.matches("<failure type=\"blind\"").count(), blind.scan.blind.len());
}

#[test]
fn sarif_has_a_rule_for_each_vulnerability() {
    let document: serde_json::Value =
        serde_json::from_str(&scan(&high(), ScanFormat::Sarif, "")).expect("JSON");
    let rules =
        document.pointer("/runs/0/tool/driver/rules").and_then(|rules| rules.as_array()).expect("rules");
    assert_eq!(
        rules[0].pointer("/properties/security-severity").and_then(|score| score.as_str()),
        Some("9.8")
    );
    for result in document.pointer("/runs/0/results").and_then(|results| results.as_array()).expect("results")
    {
        let number = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        assert_eq!(rules[number]["id"], result["ruleId"]);
    }
}

#[test]
fn explains_by_any_id() {
    let text = explain(&high().scan, &["cve-2024-0001".into(), "CVE-1999-0001".into()]);
    assert!(
        text.contains("known to be exploited since 2024-02-03") && text.contains("CVE-1999-0001: not found"),
        "{text}"
    );
}
