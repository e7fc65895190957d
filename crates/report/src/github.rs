//! The report as annotations of GitHub Actions (*Workflow commands*): one line each, read from a job's log.

use std::fmt::Write as _;

use crate::{Report, shown};

/// Annotations: an error for what fails, a warning for what a person should decide or nobody saw, a notice with the
/// result.
#[must_use]
pub fn github(report: &Report) -> String {
    let mut out = String::new();
    let mut say = |level: &str, title: &str, message: &str| {
        let _ = writeln!(out, "::{level} title={}::{}", property(title), data(message));
    };
    for step in report.steps.iter().filter(|step| !step.passed()) {
        let reasons = step.original.reasons.iter().map(|reason| format!("original: {reason}"));
        let reasons = reasons.chain(step.hardened.reasons.iter().map(|reason| format!("hardened: {reason}")));
        let reasons: Vec<String> = reasons.collect();
        say("error", &format!("step {}", step.name), &reasons.join("\n"));
    }
    for check in &report.checks {
        match check.status.as_str() {
            "PASS" => {}
            "WARN" => say("warning", &format!("check {}", check.name), &check.evidence),
            _ => say("error", &format!("check {}", check.name), &check.evidence),
        }
    }
    for unseen in &report.unseen {
        say("warning", "not seen", unseen);
    }
    let size = crate::Before { before: report.size.before.compressed, after: report.size.after.compressed };
    let packages = report.packages.total();
    let result = format!(
        "{}: size {}, packages {} to {}",
        report.image.name,
        crate::amount::percent(size.reduction()),
        packages.before,
        packages.after
    );
    if report.verdict.hardened {
        say("notice", "hardened", &result);
    } else {
        say("error", "NOT hardened", &format!("{result}\n{}", report.verdict.reasons.join("\n")));
    }
    out
}

/// The message of a command: `%`, carriage return and line feed are escaped.
pub(crate) fn data(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| shown::plain(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// The value of a property: `:` and `,` too.
pub(crate) fn property(text: &str) -> String {
    shown::plain(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}
