//! The report as JUnit XML: each step and each check a test case.
//!
//! There is no standard; this is the common part of what Jenkins, GitLab and GitHub's actions read: `testsuites`,
//! `testsuite` with counts, `testcase` with `failure` and `system-out`.

use std::fmt::Write as _;

use crate::{Report, shown};

/// The report as JUnit XML.
#[must_use]
pub fn junit(report: &Report) -> String {
    let failures = |failed: usize, all: usize| format!("tests=\"{all}\" failures=\"{failed}\" errors=\"0\"");
    let bad_steps = report.steps.iter().filter(|step| !step.passed()).count();
    let bad_checks = report.checks_with("FAIL");
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"{}\" {}>",
        xml(&format!("casehard {}", report.image.name)),
        failures(bad_steps + bad_checks, report.steps.len() + report.checks.len())
    );
    let _ = writeln!(
        out,
        "  <testsuite name=\"runs\" {} timestamp=\"{}\">",
        failures(bad_steps, report.steps.len()),
        xml(&report.run.date)
    );
    for (at, step) in report.steps.iter().enumerate() {
        let micros = report.run.steps.get(at).map_or(0, |durations| durations.hardened);
        let class = if step.held_out { "runs.held-out" } else { "runs" };
        let mut messages: Vec<String> = Vec::new();
        messages.extend(step.original.reasons.iter().map(|reason| format!("original: {reason}")));
        messages.extend(step.hardened.reasons.iter().map(|reason| format!("hardened: {reason}")));
        if !step.passed() && messages.is_empty() {
            messages.push("it did not pass".to_owned());
        }
        let failure = (!step.passed()).then_some(messages);
        let time = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        case(&mut out, class, &step.name, &time, failure.as_deref(), &step.differences);
    }
    let _ = writeln!(
        out,
        "  </testsuite>\n  <testsuite name=\"checks\" {}>",
        failures(bad_checks, report.checks.len())
    );
    for check in &report.checks {
        let failure = (check.status == "FAIL").then(|| vec![check.evidence.clone()]);
        let remark = format!("{}: {} (original: {})", check.status, check.evidence, check.before);
        case(&mut out, "checks", &check.name, "0", failure.as_deref(), &[remark]);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(
    out: &mut String,
    class: &str,
    name: &str,
    time: &str,
    failure: Option<&[String]>,
    remarks: &[String],
) {
    let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{}\" time=\"{time}\"", xml(name));
    if failure.is_none() && remarks.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    if let Some(reasons) = failure {
        let first = reasons.first().map(String::as_str).unwrap_or_default();
        let _ =
            writeln!(out, "      <failure message=\"{}\">{}</failure>", xml(first), xml(&reasons.join("\n")));
    }
    if !remarks.is_empty() {
        let _ = writeln!(out, "      <system-out>{}</system-out>", xml(&remarks.join("\n")));
    }
    out.push_str("    </testcase>\n");
}

/// Text for XML 1.0, in which most control characters cannot stand in any way (section 2.2): they are shown escaped.
pub(crate) fn xml(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            let plain = shown::plain(line);
            let mut escaped = String::with_capacity(plain.len());
            for c in plain.chars() {
                match c {
                    '&' => escaped.push_str("&amp;"),
                    '<' => escaped.push_str("&lt;"),
                    '>' => escaped.push_str("&gt;"),
                    '"' => escaped.push_str("&quot;"),
                    '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
                    c => escaped.push(c),
                }
            }
            escaped
        })
        .collect();
    lines.join("&#10;")
}
