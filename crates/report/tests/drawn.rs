//! The report of a made-up hardening, drawn in every way.

mod fixture;

use casehard_report::{Report, json, parse, text};

/// ANSI sequences taken out, as a stream that is no terminal does.
fn stripped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("\u{1b}[") {
        out.push_str(&rest[..start]);
        let end = rest[start..].find('m').expect("only colours are written");
        rest = &rest[start + end + 1..];
    }
    out + rest
}

#[test]
fn text_of_a_hardened_image() {
    insta::assert_snapshot!(stripped(&text(&Report::from(&fixture::passed()), 100)));
}

#[test]
fn text_of_what_is_not_hardened_on_a_narrow_terminal() {
    insta::assert_snapshot!(stripped(&text(&Report::from(&fixture::failed()), 60)));
}

#[test]
fn json_of_a_hardened_image() {
    insta::assert_snapshot!(json(&Report::from(&fixture::passed())));
}

#[test]
fn json_is_read_back() {
    for hardening in [fixture::passed(), fixture::failed(), fixture::hostile()] {
        let report = Report::from(&hardening);
        assert_eq!(parse(json(&report).as_bytes()).unwrap(), report);
    }
    let other = json(&Report::from(&fixture::passed())).replace("casehard.report/1", "casehard.report/2");
    assert!(parse(other.as_bytes()).unwrap_err().to_string().contains("casehard.report/2"));
}

#[test]
fn without_the_times_the_bytes_do_not_depend_on_the_run() {
    let mut later = fixture::passed();
    later.run.date += 4711;
    later.run.stages.clear();
    for step in &mut later.verification.steps {
        step.hardened.microseconds += 1;
    }
    let timeless = |hardening| Report { run: Default::default(), ..Report::from(&hardening) };
    assert_eq!(json(&timeless(later)), json(&timeless(fixture::passed())));
}

#[test]
fn only_what_passed_is_called_hardened() {
    let failed = stripped(&text(&Report::from(&fixture::failed()), 100));
    assert!(failed.contains("NOT hardened") && !failed.contains("✔"));
    let mut silent = fixture::passed();
    silent.verification.passed = false;
    let report = Report::from(&silent);
    assert!(!report.verdict.hardened && !report.verdict.reasons.is_empty());
}

#[test]
fn a_terminal_obeys_nothing_of_an_image() {
    let report = Report::from(&fixture::hostile());
    for columns in [40, 80, 200] {
        let shown = stripped(&text(&report, columns));
        assert!(!shown.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown}");
    }
    assert!(!json(&report).chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'));
}
