//! Findings as lists that CI systems read.

use std::fmt::Write as _;

use casehard_finding::{Finding, Severity};
use serde_json::{Value, json};

use super::{Shown, place, severity_name, span};
use crate::{
    github::{data, property},
    junit::xml,
    shown::markdown as cell,
};

fn each<'a>(shown: &'a [Shown<'a>]) -> impl Iterator<Item = (&'a str, &'a Finding)> {
    shown.iter().flat_map(|file| file.findings.iter().map(|finding| (file.file, finding)))
}

/// GitHub Actions workflow commands.
pub fn github(shown: &[Shown<'_>]) -> String {
    let mut out = String::new();
    for (file, finding) in each(shown) {
        let kind = match finding.severity {
            Severity::Info => "notice",
            Severity::Low | Severity::Medium => "warning",
            Severity::High | Severity::Critical => "error",
        };
        let (line, column) = span(finding).map_or((1, 1), |span| (span.line, span.column));
        let _ = writeln!(
            out,
            "::{kind} file={},line={line},col={column},title={}::{}",
            property(file),
            property(&finding.rule),
            data(&finding.message)
        );
    }
    out
}

/// GitLab code quality report.
pub fn gitlab(shown: &[Shown<'_>]) -> String {
    let list: Vec<Value> = each(shown)
        .map(|(file, finding)| {
            let severity = match finding.severity {
                Severity::Info => "info",
                Severity::Low => "minor",
                Severity::Medium => "major",
                Severity::High => "critical",
                Severity::Critical => "blocker",
            };
            let mark = format!("{file}\n{}\n{}\n{}", finding.rule, finding.message, place(file, finding));
            json!({
                "description": finding.message,
                "check_name": finding.rule,
                "fingerprint": casehard_oci::Digest::of(mark.as_bytes()).to_string(),
                "severity": severity,
                "location": { "path": file, "lines": { "begin": span(finding).map_or(1, |span| span.line) } },
            })
        })
        .collect();
    format!("{:#}\n", Value::from(list))
}

/// JUnit XML: one suite per file, one failed case per finding.
pub fn junit(shown: &[Shown<'_>]) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"casehard\">\n");
    for file in shown {
        let count = file.findings.len();
        let name = xml(file.file);
        let _ =
            writeln!(out, "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{count}\">", count.max(1));
        if count == 0 {
            let _ = writeln!(out, "    <testcase name=\"no finding\" classname=\"{name}\"/>");
        }
        for finding in file.findings {
            let at = xml(&place(file.file, finding));
            let _ = writeln!(
                out,
                "    <testcase name=\"{}: {at}\" classname=\"{name}\"><failure type=\"{}\" message=\"{}\"/></testcase>",
                xml(&finding.rule),
                severity_name(finding.severity),
                xml(&finding.message)
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

/// Checkstyle XML.
pub fn checkstyle(shown: &[Shown<'_>]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n");
    for file in shown.iter().filter(|file| !file.findings.is_empty()) {
        let _ = writeln!(out, "  <file name=\"{}\">", xml(file.file));
        for finding in file.findings {
            let severity = match finding.severity {
                Severity::Info => "info",
                Severity::Low | Severity::Medium => "warning",
                Severity::High | Severity::Critical => "error",
            };
            let (line, column) = span(finding).map_or((1, 1), |span| (span.line, span.column));
            let _ = writeln!(
                out,
                "    <error line=\"{line}\" column=\"{column}\" severity=\"{severity}\" message=\"{}\" source=\"casehard.{}\"/>",
                xml(&finding.message),
                xml(&finding.rule)
            );
        }
        out.push_str("  </file>\n");
    }
    out + "</checkstyle>\n"
}

/// A Markdown table.
pub fn markdown(shown: &[Shown<'_>]) -> String {
    let mut out = String::from("| Severity | Rule | Where | What |\n| --- | --- | --- | --- |\n");
    for (file, finding) in each(shown) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            severity_name(finding.severity),
            cell(&finding.rule),
            cell(&place(file, finding)),
            cell(&finding.message)
        );
    }
    out
}
