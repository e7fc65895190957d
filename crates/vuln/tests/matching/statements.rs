//! Statements of our own: each silences exactly its finding, and a suggestion nothing until somebody accepts it.

use super::{distribution, package, python, run, store};
use casehard_vuln::{
    Scan,
    finding::Usage,
    vex::{
        Absence, AcceptError, Authorship, Choice, ImageIdentity, absences, accept, apply, openvex, read,
        suggested, suggestions,
    },
};
use serde_json::Value;

fn found() -> Scan {
    let subjects = [
        package("libssl3", "3.0.14-1~deb12u2", Some(("openssl", "3.0.14-1~deb12u2"))),
        package("openssl", "3.0.14-1~deb12u2", None),
        python("x", "1.2"),
    ];
    run(&store(), Some(&distribution("debian", "12")), &subjects)
}

fn image() -> ImageIdentity {
    ImageIdentity { digests: vec![format!("sha256:{}", "ab".repeat(32))], names: Vec::new() }
}

fn authorship(image: &ImageIdentity) -> Authorship<'_> {
    Authorship {
        author: "Test <test@example.com>",
        timestamp: "2026-01-05T00:00:00Z",
        image: "app",
        digests: &image.digests,
        tooling: "casehard",
    }
}

/// What `document` leaves of `scan`, which is the image's.
fn with(scan: &Scan, document: &Value) -> Scan {
    let mut after = scan.clone();
    apply(&mut after, &read("ours", document.to_string().as_bytes()).expect("OpenVEX"), &image());
    after
}

/// A scan in which only `openssl` was seen in use, and of `x` nothing is known.
fn used() -> Scan {
    let mut scan = found();
    for finding in &mut scan.findings {
        finding.usage = match finding.package.name.as_str() {
            "x" => None,
            name => Some(Usage { used: name == "openssl", files: Vec::new() }),
        };
    }
    scan
}

#[test]
fn a_statement_of_ours_silences_exactly_its_finding() {
    let before = found();
    let image = image();
    let authorship = authorship(&image);
    for (at, finding) in before.findings.iter().enumerate() {
        let absent = absences(&before, |purl| (purl == finding.package.purl).then_some(Absence::Component));
        let only: Vec<_> = absent.into_iter().filter(|entry| entry.id == finding.id).collect();
        let document = openvex(&only, &authorship).expect("a statement");
        let statements = read("ours", document.to_string().as_bytes()).expect("OpenVEX");
        let mut after = before.clone();
        apply(&mut after, &statements, &image);
        assert_eq!(after.suppressed.len(), before.suppressed.len() + 1, "{}", finding.id);
        assert_eq!(&after.suppressed.last().expect("one").finding, &before.findings[at]);
        assert!(after.unmatched.is_empty());
        // The same statement says nothing of another image.
        let mut other = before.clone();
        apply(
            &mut other,
            &statements,
            &ImageIdentity { digests: vec!["sha256:cd".into()], names: Vec::new() },
        );
        assert_eq!((other.findings.len(), other.unmatched.len()), (before.findings.len(), statements.len()));
    }
    assert_eq!(openvex(&[], &authorship), None);
}

#[test]
fn what_was_not_seen_in_use_is_suggested_and_silences_nothing() {
    let (scan, image) = (used(), image());
    let suggestions = suggestions(&scan);
    let packages: Vec<_> = suggestions.iter().map(|suggestion| suggestion.package.as_str()).collect();
    assert!(
        !packages.is_empty() && packages.iter().all(|package| package.starts_with("libssl3 ")),
        "{packages:?}"
    );
    let document = suggested(&suggestions, "4 of 9 steps were watched", &authorship(&image)).expect("one");
    for statement in document["statements"].as_array().expect("a list") {
        assert_eq!(statement["status"], "under_investigation");
        assert!(statement.get("justification").is_none(), "OpenVEX has one for not_affected only");
    }
    assert_eq!(with(&scan, &document), scan);
    assert_eq!(suggested(&[], "", &authorship(&image)), None);
}

#[test]
fn what_is_accepted_silences_exactly_its_finding() {
    let (scan, image) = (used(), image());
    let suggestions = suggestions(&scan);
    let document = suggested(&suggestions, "4 of 9 steps were watched", &authorship(&image)).expect("one");
    let by = Authorship {
        author: "Ada <ada@example.com>",
        timestamp: "2026-01-06T00:00:00Z",
        ..authorship(&image)
    };
    let mut earlier = None;
    for (at, suggestion) in suggestions.iter().enumerate() {
        let id = [suggestion.id.to_lowercase()];
        let choice = Choice { ids: &id, packages: &["libssl3".to_owned()] };
        let alone = accept(&document, choice, "No TLS is spoken.", &by, None).expect("it is there");
        let after = with(&scan, &alone.document);
        let silenced: Vec<_> = after.suppressed.iter().skip(scan.suppressed.len()).collect();
        assert_eq!((alone.accepted, silenced.len()), (1, 1));
        assert_eq!(
            (&silenced[0].finding.id, &silenced[0].finding.package.purl),
            (&suggestion.id, &suggestion.purl)
        );
        assert!(
            silenced[0].reason.contains("No TLS is spoken. No file of libssl3"),
            "{}",
            silenced[0].reason
        );
        assert_eq!(alone.document["author"], "Ada <ada@example.com>");
        // What was accepted before stays; the same again is no second statement.
        for _ in 0..2 {
            earlier = Some(
                accept(&document, choice, "Again.", &by, earlier.as_ref()).expect("it is there").document,
            );
        }
        let all = earlier.as_ref().expect("set above");
        assert_eq!(all["statements"].as_array().map(Vec::len), Some(at + 1));
        assert_eq!(all["version"], 2 * (at as u64 + 1));
    }
    let all = accept(&document, Choice::default(), "All.", &by, None).expect("some");
    assert_eq!(all.accepted, suggestions.len());
}

#[test]
fn only_what_was_suggested_can_be_accepted() {
    let (scan, image) = (used(), image());
    let by = authorship(&image);
    let document = suggested(&suggestions(&scan), "…", &by).expect("one");
    let named = |name: &str| vec![name.to_owned()];
    let refused = |document: &Value, ids: &[String], packages: &[String], earlier: Option<&Value>| {
        accept(document, Choice { ids, packages }, "Because.", &by, earlier).expect_err("refused")
    };
    let unknown = refused(&document, &named("CVE-1999-1"), &[], None);
    assert!(unknown.to_string().contains("CVE-1999-1; there are: CVE-"), "{unknown}");
    assert!(refused(&document, &[], &named("openssl"), None).to_string().contains("there are: libssl3"));
    assert_eq!(refused(&document, &[], &[], Some(&serde_json::json!({}))), AcceptError::Earlier);
    // A statement of somebody else that is still investigated is no suggestion of ours.
    let mut others = document;
    for statement in others["statements"].as_array_mut().expect("a list") {
        statement["status_notes"] = serde_json::json!("We are looking into it.");
    }
    assert_eq!(refused(&others, &[], &[], None), AcceptError::NoSuggestion);
    assert_eq!(refused(&serde_json::json!([]), &[], &[], None), AcceptError::NoSuggestion);
}
