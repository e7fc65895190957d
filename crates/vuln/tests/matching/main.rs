//! Matching, VEX, ignore rules and gates on a small store of every kind of statement.

use casehard_vuln::{
    Assess, Distribution, Ecosystem, Level, Material, Request, Scan, Store, Subject, SubjectKind,
    advisory::FixState,
    assess,
    finding::{MatchedBy, Origin},
    gate::{Gate, IgnoreRule, compare, ignore, judge, read_rules},
    import::{import, import_document},
    scan,
    store::Builder,
};
use std::{fs, path::Path};

mod statements;

const TODAY: &str = "2026-01-05";

/// Feeds in their publishers' shapes, small enough to see through.
const FEEDS: &[(&str, &str)] = &[
    (
        "tracker.json",
        r#"{
        "openssl": {
            "CVE-2024-0001": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.15-1~deb12u1", "urgency": "not yet assigned"}}},
            "CVE-2024-0002": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
            "CVE-2024-0003": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0"}}}
        },
        "python-x": {"CVE-2024-0010": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "1.0-2", "urgency": "low"}}}},
        "linux": {"CVE-2024-0020": {"releases": {"bookworm": {"status": "open", "urgency": "medium"}}}}
    }"#,
    ),
    (
        "nvd.json",
        r#"{"format": "NVD_CVE", "vulnerabilities": [
        {"cve": {"id": "CVE-2024-0001", "metrics": {"cvssMetricV31": [{"source": "nvd@nist.gov", "cvssData": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]}}},
        {"cve": {"id": "CVE-2024-0099", "vulnStatus": "Rejected"}},
        {"cve": {"id": "CVE-2024-0050", "configurations": [{"nodes": [{"cpeMatch": [{"vulnerable": true, "criteria": "cpe:2.3:a:nodejs:node.js:*:*:*:*:*:*:*:*", "versionStartIncluding": "20.0.0", "versionEndExcluding": "20.3.1"}]}]}]}},
        {"cve": {"id": "CVE-2024-0051", "configurations": [{"nodes": [{"cpeMatch": [{"vulnerable": true, "criteria": "cpe:2.3:a:nodejs:node.js:*:*:*:*:*:*:*:*", "versionEndExcluding": "99"}]}]}]}}
    ]}"#,
    ),
    (
        "node.json",
        r#"{"1": {"cve": ["CVE-2024-0051"], "vulnerable": "18.x", "patched": "^18.9.0", "affectedEnvironments": ["all"]}}"#,
    ),
    (
        "kev.json",
        r#"{"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-2024-0030", "dateAdded": "2024-03-01", "knownRansomwareCampaignUse": "Known"}]}"#,
    ),
    (
        "epss.csv",
        "#model_version:v1,score_date:2026-01-01\ncve,epss,percentile\nCVE-2024-0001,0.5,0.98\nCVE-2024-0030,0.01,0.5\n",
    ),
    (
        "GHSA-a.json",
        r#"{"id": "GHSA-aaaa-aaaa-aaaa", "aliases": ["CVE-2024-0030"], "summary": "A flaw in x", "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-79"]},
        "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.5"}]}]},
                     {"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"fixed": "2.0.3"}]}]}]}"#,
    ),
    (
        "PYSEC-1.json",
        r#"{"id": "PYSEC-2024-1", "aliases": ["CVE-2024-0030", "GHSA-aaaa-aaaa-aaaa"],
        "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.6"}]}], "versions": ["1.2"]}]}"#,
    ),
    (
        "PYSEC-2.json",
        r#"{"id": "PYSEC-2024-2", "withdrawn": "2024-05-05T00:00:00Z", "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}"#,
    ),
    (
        "GHSA-b.json",
        r#"{"id": "GHSA-bbbb-bbbb-bbbb", "aliases": ["CVE-2024-0010"], "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3"}]}]}]}"#,
    ),
    (
        "GO-1.json",
        r#"{"id": "GO-2024-1", "aliases": ["CVE-2024-0040"], "affected": [{"package": {"ecosystem": "Go", "name": "stdlib"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.21.9"}, {"introduced": "1.22.0-0"}, {"fixed": "1.22.2"}]}],
        "ecosystem_specific": {"imports": [{"path": "net/http", "symbols": ["Server.Serve"]}]}}]}"#,
    ),
    (
        "ALSA-1.json",
        r#"{"id": "ALSA-2024:1", "summary": "Moderate: nodejs:18 security update", "related": ["CVE-2024-0060"], "affected": [
        {"package": {"ecosystem": "AlmaLinux:9", "name": "nodejs"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:18.19.1-1.module_el9.3.0+90+abc"}]}]},
        {"package": {"ecosystem": "AlmaLinux:9", "name": "openssl-libs"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:3.0.7-25.el9_3"}]}]}]}"#,
    ),
    (
        "alpine.json",
        r#"{"distroversion": "v3.19", "packages": [{"pkg": {"name": "openssl", "secfixes": {"3.1.4-r1": ["CVE-2024-0001"], "0": ["CVE-2024-0002"]}}}]}"#,
    ),
    (
        "CVE-2024-0070",
        "Candidate: CVE-2024-0070\nPublicDate: 2024-01-01 00:00:00 UTC\nDescription:\n A flaw\nPriority: medium\nPatches_y:\nfocal_y: ignored (end of standard support)\nesm-infra/focal_y: released (1.0-1ubuntu1+esm2)\njammy_y: needed\n",
    ),
];

fn store() -> Store {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in FEEDS {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let mut builder = Builder::new("2026-01-01");
    let imported = import(&mut builder, &[folder.path().to_owned()], TODAY).expect("read");
    assert_eq!((imported.read, imported.unread), (FEEDS.len() as u64, Vec::new()));
    Store::from_bytes(builder.finish().expect("small")).expect("sound")
}

fn distribution(id: &str, version: &str) -> Distribution {
    Distribution { id: id.into(), version_id: version.into(), ..Distribution::default() }
}

fn package(name: &str, version: &str, source: Option<(&str, &str)>) -> Subject {
    Subject {
        kind: SubjectKind::Distribution,
        name: name.into(),
        version: version.into(),
        source: source.map(|(name, version)| (name.into(), version.into())),
        purl: format!("pkg:deb/debian/{name}@{version}?distro=debian-12"),
        ..Subject::default()
    }
}

fn python(name: &str, version: &str) -> Subject {
    let kind = SubjectKind::Language(Ecosystem::parse("PyPI").expect("known"));
    Subject {
        kind,
        name: name.into(),
        version: version.into(),
        purl: format!("pkg:pypi/{name}@{version}"),
        ..Subject::default()
    }
}

fn run(store: &Store, distribution: Option<&Distribution>, subjects: &[Subject]) -> Scan {
    scan(store, &Request { name: "test", today: TODAY, distribution, subjects, unknowns: &[] })
        .expect("sound")
}

/// `id state fix severity` of each finding, sorted by id.
fn brief(scan: &Scan) -> Vec<String> {
    let mut lines: Vec<String> = scan
        .findings
        .iter()
        .map(|finding| {
            let fix = finding.fix.version.as_deref().unwrap_or("-");
            format!("{} {:?} {fix} {}", finding.id, finding.fix.state, finding.severity.as_str())
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn debian_is_matched_by_source_and_state() {
    let (store, debian) = (store(), distribution("debian", "12"));
    let old = [package("libssl3", "3.0.14-1~deb12u2", Some(("openssl", "3.0.14-1~deb12u2")))];
    let scan = run(&store, Some(&debian), &old);
    assert_eq!(
        brief(&scan),
        ["CVE-2024-0001 Fixed 3.0.15-1~deb12u1 critical", "CVE-2024-0002 Affected - negligible"]
    );
    assert_eq!(scan.findings[0].severity_reason, "NVD, as debian gives none");
    assert_eq!(scan.findings[0].evidence[0].by, MatchedBy::SourcePackage);
    // A rebuild of the binary package keeps the version of its source.
    let rebuilt = [package("libssl3", "3.0.15-1~deb12u1+b1", Some(("openssl", "3.0.15-1~deb12u1")))];
    assert_eq!(brief(&run(&store, Some(&debian), &rebuilt)), ["CVE-2024-0002 Affected - negligible"]);
}

#[test]
fn the_kernel_is_the_hosts() {
    let (store, debian) = (store(), distribution("debian", "12"));
    let scan =
        run(&store, Some(&debian), &[package("linux-libc-dev", "6.1.1-1", Some(("linux", "6.1.1-1")))]);
    assert_eq!((scan.findings.len(), scan.suppressed[0].by.as_str()), (0, "kernel"));
}

#[test]
fn aliases_are_one_finding() {
    let scan = run(&store(), None, &[python("x", "1.2")]);
    let finding = scan.findings.iter().find(|finding| finding.id == "CVE-2024-0030").expect("found");
    assert_eq!(finding.aliases, ["GHSA-aaaa-aaaa-aaaa", "PYSEC-2024-1"]);
    // 1.5 mends it for GitHub, not for PyPA: the lowest that mends it for both.
    assert_eq!((finding.fix.version.as_deref(), finding.fix.versions.len()), (Some("1.6"), 3));
    assert!(finding.kev.as_ref().is_some_and(|kev| kev.ransomware));
    assert_eq!((finding.severity, finding.cwes.as_slice()), (Level::High, &["CWE-79".to_owned()][..]));
    assert_eq!(scan.findings[0].id, "CVE-2024-0030", "what is exploited comes first");
    assert!(!scan.findings.iter().any(|finding| finding.answers_to("PYSEC-2024-2")), "withdrawn");
    let lines = finding.explain().join("\n");
    assert!(
        lines.contains("known to be exploited since 2024-03-01") && lines.contains("severity high"),
        "{lines}"
    );
}

#[test]
fn the_distribution_answers_for_what_it_owns() {
    let (store, debian) = (store(), distribution("debian", "12"));
    let fixed = package("python3-x", "1.0-2", Some(("python-x", "1.0-2")));
    let mut owned = python("x", "1.0");
    owned.owner = Some(0);
    let scan = run(&store, Some(&debian), &[fixed, owned.clone()]);
    assert_eq!(scan.findings.len(), 0, "backported, or not listed by Debian: {:?}", brief(&scan));
    assert!(scan.suppressed.iter().all(|entry| entry.by == "owner"));
    let open = package("python3-x", "1.0-1", Some(("python-x", "1.0-1")));
    let scan = run(&store, Some(&debian), &[open, owned]);
    assert_eq!(brief(&scan), ["CVE-2024-0010 Fixed 1.0-2 low"], "once, for the distribution's package");
}

#[test]
fn go_alpine_and_ubuntu_have_their_rules() {
    let store = store();
    let go = Subject {
        kind: SubjectKind::Language(Ecosystem::parse("Go").expect("known")),
        name: "stdlib".into(),
        version: "go1.22.1".into(),
        ..Subject::default()
    };
    let scan = run(&store, None, &[go]);
    assert_eq!(brief(&scan), ["CVE-2024-0040 Fixed 1.22.2 unknown"]);
    assert_eq!(scan.findings[0].symbols, ["net/http.Server.Serve"]);

    let alpine = distribution("alpine", "3.19.1");
    let scan = run(&store, Some(&alpine), &[package("libssl3", "3.1.4-r0", Some(("openssl", "3.1.4-r0")))]);
    assert_eq!(brief(&scan), ["CVE-2024-0001 Fixed 3.1.4-r1 critical"]);
    assert!(scan.blind.iter().any(|line| line.contains("fixed issues only")), "{:?}", scan.blind);

    let focal = distribution("ubuntu", "20.04");
    let scan = run(&store, Some(&focal), &[package("y", "1.0-1ubuntu1", None)]);
    assert_eq!(brief(&scan), ["CVE-2024-0070 EndOfLife - medium"]);
    assert_eq!(scan.findings[0].fix.note.as_deref(), Some("fixed for Ubuntu Pro only"));
    let scan = run(&store, Some(&focal), &[package("y", "1.0-1ubuntu1+esm2", None)]);
    assert_eq!(scan.findings.len(), 0);
}

#[test]
fn rpm_modules_are_compared_with_modules() {
    let (store, alma) = (store(), distribution("almalinux", "9.4"));
    let subjects = [
        package("nodejs", "1:18.18.0-1.module_el9.2.0+80+abc", None),
        package("nodejs", "1:20.9.0-1.module_el9.2.0+80+abc", None),
        package("nodejs", "1:16.20.2-4.el9", None),
        package("openssl-libs", "1:3.0.7-24.el9", None),
        package("openssl-libs", "1:3.0.7-25.el9_3", None),
    ];
    let scan = run(&store, Some(&alma), &subjects);
    let mut found: Vec<&str> = scan.findings.iter().map(|finding| finding.package.version.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, ["1:18.18.0-1.module_el9.2.0+80+abc", "1:3.0.7-24.el9"]);
    assert!(scan.findings.iter().all(|finding| finding.fix.advisories == ["ALSA-2024:1"]));
}

#[test]
fn cpe_counts_only_where_the_project_is_silent() {
    let program = |version: &str| Subject {
        kind: SubjectKind::Program,
        name: "node".into(),
        version: version.into(),
        ..Subject::default()
    };
    let store = store();
    let scan = run(&store, None, &[program("20.3.0")]);
    // The project knows CVE-2024-0051 and does not hold 20.x to be affected, whatever the CPE says.
    assert_eq!(brief(&scan), ["CVE-2024-0050 Fixed 20.3.1 unknown"]);
    assert_eq!(scan.findings[0].evidence[0].by, MatchedBy::Cpe);
    let scan = run(&store, None, &[program("18.1.0")]);
    assert_eq!(brief(&scan), ["CVE-2024-0051 Fixed 18.9.0 unknown"]);
}

#[test]
fn want_of_data_is_never_clean() {
    let store = store();
    let gentoo = distribution("gentoo", "2");
    for (distribution, subject) in
        [(Some(&gentoo), package("x", "1", None)), (None, python("x", "")), (None, Subject::default())]
    {
        let scan = run(&store, distribution, &[subject]);
        assert!(scan.findings.is_empty() && !scan.is_clean(), "{:?}", scan.blind);
    }
    let clean = run(&store, None, &[python("unheard-of", "1")]);
    assert!(clean.is_clean(), "{:?}", clean.blind);
    let later = Request { name: "t", today: "2026-02-01", subjects: &[], ..Request::default() };
    assert!(scan(&store, &later).expect("sound").blind[0].contains("31 days old"));
}

#[test]
fn rules_set_aside_with_a_reason_until_they_expire() {
    let text = "ignore:\n  - id: GHSA-aaaa-aaaa-aaaa\n    package: pkg:pypi/x\n    reason: not reachable\n    expires: 2026-01-05\n  \
        - id: CVE-2024-0010\n    reason: old\n    expires: 2026-01-04\n  - id: CVE-1999-0001\n    reason: gone\n    until-fixed: true\n";
    let rules = read_rules("rules.yaml", text).expect("rules");
    let mut scan = run(&store(), None, &[python("x", "1.2")]);
    ignore(&mut scan, &rules, TODAY);
    assert_eq!(brief(&scan), ["CVE-2024-0010 Fixed 3 unknown"]);
    assert_eq!(scan.suppressed[0].reason, "not reachable (until 2026-01-05)");
    assert_eq!(scan.unmatched.len(), 2, "{:?}", scan.unmatched);
    assert!(read_rules("r", "ignore:\n  - id: CVE-2024-0001\n").is_err(), "a rule without a reason");
    assert!(
        read_rules("r", "ignore:\n  - id: a\n    reason: b\n    expire: c\n").is_err(),
        "an unknown field"
    );
    let never = IgnoreRule {
        id: "CVE-2024-0010".into(),
        package: None,
        until_fixed: true,
        reason: "r".into(),
        expires: Some("soon".into()),
    };
    ignore(&mut scan, &[never], TODAY);
    assert_eq!(scan.findings.len(), 1, "a date that cannot be read does not hold for ever");
}

#[test]
fn gates_narrow_and_add() {
    let mut scan = run(&store(), None, &[python("x", "1.2")]);
    scan.findings[0].package.origin = Origin::Base;
    let fails = |gate: Gate| judge(&scan, &gate).len();
    for (gate, expected) in [
        (Gate::default(), 0),
        (Gate { fail_on: Some(Level::High), ..Gate::default() }, 1),
        (Gate { fail_on: Some(Level::Unknown), ..Gate::default() }, 2),
        (Gate { kev: true, ..Gate::default() }, 1),
        (Gate { epss: Some(0.01), ..Gate::default() }, 1),
        (Gate { epss: Some(0.02), ..Gate::default() }, 0),
        (Gate { kev: true, origin: Some(Origin::Application), ..Gate::default() }, 0),
        (Gate { fail_on: Some(Level::Critical), kev: true, only_fixed: true, ..Gate::default() }, 1),
    ] {
        assert_eq!(fails(gate.clone()), expected, "{gate:?}");
    }
}

#[test]
fn only_what_is_new_fails() {
    let store = store();
    let earlier = run(&store, None, &[python("x", "1.2")]);
    let material =
        Material { subjects: vec![python("x", "2.0"), package("ssl", "1", None)], ..Material::default() };
    let gate = Gate { fail_on: Some(Level::Unknown), ..Gate::default() };
    let asked = Assess { today: TODAY, earlier: Some(&earlier), gate, ..Assess::default() };
    let answer = assess(&store, &material, &asked).expect("sound");
    assert_eq!((answer.failures.len(), answer.since.expect("compared").same), (0, 2));
    let comparison = compare(&run(&store, None, &[python("x", "1.5.5")]), &earlier);
    assert_eq!((comparison.new.len(), comparison.gone.len(), comparison.same), (0, 0, 2));
    let comparison = compare(&run(&store, None, &[python("x", "1.7")]), &earlier);
    assert_eq!((comparison.new.len(), comparison.gone.len()), (1, 0));
}

#[test]
fn the_json_form_holds() {
    let scan = run(&store(), None, &[python("x", "1.2")]);
    let json = serde_json::to_value(&scan).expect("JSON");
    for (pointer, expected) in [
        ("/schema", "casehard.scan/1"),
        ("/findings/0/id", "CVE-2024-0030"),
        ("/findings/0/severity", "high"),
        ("/findings/0/package/purl", "pkg:pypi/x@1.2"),
        ("/findings/0/fix/state", "fixed"),
        ("/findings/0/fix/version", "1.6"),
        ("/findings/0/evidence/0/by", "registry"),
        ("/findings/0/kev/added", "2024-03-01"),
        ("/store/built", "2026-01-01"),
    ] {
        assert_eq!(json.pointer(pointer).and_then(serde_json::Value::as_str), Some(expected), "{pointer}");
    }
    let back: Scan = serde_json::from_value(json).expect("the same form");
    assert_eq!(back, scan);
    assert_eq!(scan.findings[0].fix.state, FixState::Fixed);
}

#[test]
fn old_sources_are_carried_into_a_new_store() {
    let old = store();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kev.json");
    fs::write(&path, r#"{"catalogVersion": "2", "vulnerabilities": [{"cveID": "CVE-2024-0001", "dateAdded": "2026-01-01"}]}"#).expect("written");
    let mut builder = Builder::new(TODAY);
    import(&mut builder, &[path], TODAY).expect("read");
    builder.carry(&old).expect("sound");
    let new = Store::from_bytes(builder.finish().expect("small")).expect("sound");
    assert!(new.exploited("CVE-2024-0001").expect("sound").is_some());
    assert!(new.exploited("CVE-2024-0030").expect("sound").is_none(), "the new catalog replaces the old");
    let scan = run(&new, None, &[python("x", "1.2")]);
    assert_eq!(brief(&scan), ["CVE-2024-0010 Fixed 3 unknown", "CVE-2024-0030 Fixed 1.6 high"]);
    assert!(scan.findings.iter().any(|finding| finding.epss.is_some()));
    assert!(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("data/README.md").is_file(),
        "the attribution travels with the data"
    );
}

#[test]
fn damaged_feeds_do_no_harm() {
    for (name, text) in FEEDS {
        for at in (0..text.len()).step_by(3) {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = bytes[at].wrapping_add(1);
            let mut builder = Builder::new(TODAY);
            let _ = import_document(&mut builder, name, &bytes, TODAY);
            let _ = import_document(&mut builder, name, &bytes[..at], TODAY);
            let store =
                Store::from_bytes(builder.finish().expect("small")).expect("what is written can be read");
            store.verify().expect("and has the digest it states");
        }
    }
}

#[test]
fn a_damaged_store_is_an_error_and_no_panic() {
    let whole = store().as_bytes().to_vec();
    let (debian, subjects) = (
        distribution("debian", "12"),
        [package("libssl3", "3.0.14-1~deb12u2", Some(("openssl", "3.0.14-1~deb12u2"))), python("x", "1.2")],
    );
    let mut silent = 0;
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        let Ok(store) = Store::from_bytes(bytes) else { continue };
        let request = Request {
            name: "t",
            today: TODAY,
            distribution: Some(&debian),
            subjects: &subjects,
            unknowns: &[],
        };
        let _ = scan(&store, &request);
        let _ = store.status();
        silent += usize::from(store.verify().is_ok());
    }
    assert_eq!(silent, 0, "the digest sees every change after the header");
    for length in [0, 7, 8, 60, 200, whole.len() - 1] {
        assert!(Store::from_bytes(whole[..length].to_vec()).is_err(), "cut at {length}");
    }
}
