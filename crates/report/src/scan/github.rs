//! Annotations of GitHub Actions (*Workflow commands*): one line each, read from a job's log.

use std::fmt::Write as _;

use casehard_vuln::Assessment;

use super::{level, sentence};
use crate::github::{data, property};

pub(super) fn annotations(assessment: &Assessment) -> String {
    let mut out = String::new();
    for finding in &assessment.scan.findings {
        let level = match level(finding.severity) {
            "note" => "notice",
            level => level,
        };
        let title = property(&format!("{} in {}", finding.id, finding.package.name));
        let _ = writeln!(out, "::{level} title={title}::{}", data(&sentence(finding)));
    }
    for line in &assessment.scan.blind {
        let _ = writeln!(out, "::warning title=not seen::{}", data(line));
    }
    out
}
