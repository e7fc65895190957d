//! The report of a made-up hardening, drawn in every way.

mod fixture;

use casehard_report::{Report, diff_text, github, html, json, junit, markdown, parse, sarif, text};

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

#[test]
fn markdown_of_a_hardened_image() {
    insta::assert_snapshot!(markdown(&Report::from(&fixture::passed())));
}

#[test]
fn markdown_of_what_an_author_put_in_stays_text() {
    let shown = markdown(&Report::from(&fixture::hostile()));
    assert!(!shown.contains("<script") && !shown.contains("x](") && !shown.contains(" @all"), "{shown}");
    assert!(!shown.contains('\u{202e}') && !shown.contains('\u{1b}'));
    // Every row of a table has the columns of its head.
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut columns = 0;
    for line in shown.lines() {
        if !line.starts_with('|') {
            columns = 0;
        } else if columns == 0 {
            columns = bars(line);
        } else {
            assert_eq!(bars(line), columns, "{line}");
        }
    }
}

#[test]
fn junit_of_what_is_not_hardened() {
    insta::assert_snapshot!(junit(&Report::from(&fixture::failed())));
}

#[test]
fn github_annotations_of_what_is_not_hardened() {
    insta::assert_snapshot!(github(&Report::from(&fixture::failed())));
    let hostile = github(&Report::from(&fixture::hostile()));
    assert!(hostile.lines().all(|line| line.starts_with("::")), "{hostile}");
}

#[test]
fn sarif_of_what_is_not_hardened() {
    let text = sarif(&Report::from(&fixture::failed()));
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    let errors: Vec<&str> = results
        .iter()
        .filter(|result| result["level"] == "error")
        .map(|result| result["ruleId"].as_str().unwrap())
        .collect();
    assert_eq!(errors, ["setuid-files", "workload-step"]);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
}

#[test]
fn the_page_is_well_formed_and_takes_no_orders() {
    for hardening in [fixture::passed(), fixture::failed(), fixture::hostile()] {
        let page = html(&Report::from(&hardening), Some(&hardening.plan));
        assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("http://"));
        assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
        nested(&page);
    }
}

/// Every element that is opened is closed, in turn.
fn nested(page: &str) {
    const VOID: [&str; 1] = ["meta"];
    let mut open: Vec<&str> = Vec::new();
    for part in page.split('<').skip(1) {
        let name = part.split([' ', '>', '\n']).next().unwrap();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "at {part}");
        } else if !name.starts_with('!') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn the_page_says_what_the_report_says() {
    let hardening = fixture::failed();
    let page = html(&Report::from(&hardening), Some(&hardening.plan));
    for text in [
        "Not hardened",
        "status is 500 (expected 200)",
        "−79.9 %",
        "partial snapshot",
        "which was denied",
        "/usr/share/zoneinfo/Europe/Berlin",
        "libpython3.11-stdlib",
        "no file of its package perl-base was used or needed",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let without = html(&Report::from(&hardening), None);
    assert!(!without.contains("perl-base was used"));
}

#[test]
fn one_reason_for_many_failures_is_told_once() {
    let mut hardening = fixture::failed();
    for step in &mut hardening.verification.steps[1..] {
        step.hardened.passed = false;
        step.hardened.reasons = vec!["the application was not ready".into()];
        step.differences = vec!["not run: the application was not ready".into()];
    }
    let report = Report::from(&hardening);
    assert_eq!(
        report.verdict.reasons[0],
        "POST /notes and 4 further fail on the hardened image: the application was not ready"
    );
    let shown = stripped(&text(&report, 100));
    assert!(shown.contains("4 further steps failed for the same reason"), "{shown}");
    assert!(!shown.contains("not run: the"), "{shown}");
}

#[test]
fn a_directory_that_went_is_one_line_of_a_difference() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let removed = |path: &str, kind: &str, size: u64| serde_json::json!({ "path": path, "aspect": "removed", "kind": kind, "size": size });
    let diff = serde_json::json!({
        "schema": "casehard.diff/1", "before": digest, "after": digest, "alike": 3, "unknowns": ["/etc/x: cut short"],
        "paths": [
            removed("/doc", "directory", 0),
            removed("/doc/a", "file", 1500),
            removed("/doc/b", "file", 500),
            removed("/doc2", "file", 7),
            { "path": "/etc/shadow", "aspect": "mode", "before": 0o640, "after": 0o4777 },
        ],
        "packages": [{ "kind": "deb", "name": "apt\u{1b}[2J", "before": ["2.6"], "after": [] }],
        "config": [{ "field": "config.User", "before": null, "after": "1:1" }],
    });
    let shown = stripped(&diff_text(&serde_json::from_value(diff).unwrap(), 100, 40));
    insta::assert_snapshot!(shown);
}

#[test]
fn what_was_not_scanned_is_not_called_clean() {
    let mut hardening = fixture::passed();
    hardening.advice = None;
    hardening.before.vulnerabilities = None;
    hardening.after.vulnerabilities = None;
    let report = Report::from(&hardening);
    assert!(text(&report, 100).contains("vulnerabilities not scanned"));
    assert!(markdown(&report).contains("**not scanned**") && html(&report, None).contains("not scanned"));
}

#[test]
fn why_tells_what_became_of_a_vulnerability() {
    let hardening = fixture::passed();
    let report = Report::from(&hardening);
    let answers = report.why("cve-2026-0001", &hardening.plan);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].fate, "is gone: no file of its package is left");
    assert!(report.why("CVE-2000-0001", &hardening.plan).is_empty());
}
