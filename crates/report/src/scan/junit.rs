//! JUnit XML: each finding a test case, failed if it makes the answer no.

use std::{collections::BTreeMap, fmt::Write as _};

use casehard_vuln::Assessment;

use super::sentence;
use crate::junit::xml;

pub(super) fn document(assessment: &Assessment, timestamp: &str) -> String {
    let scan = &assessment.scan;
    let failures: BTreeMap<usize, &str> = assessment
        .failures
        .iter()
        .filter_map(|failure| Some((failure.finding?, failure.because.as_str())))
        .collect();
    let blind_fails = assessment.failures.iter().any(|failure| failure.finding.is_none());
    let failed = failures.len() + if blind_fails { scan.blind.len() } else { 0 };
    let all = scan.findings.len() + scan.blind.len();
    let skipped = all - failed;
    let name = xml(&scan.subject);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\"");
    let _ = writeln!(out, "<testsuites name=\"casehard {name}\" {counts}>");
    let _ = writeln!(out, "  <testsuite name=\"vulnerabilities\" {counts} timestamp=\"{}\">", xml(timestamp));
    for (at, finding) in scan.findings.iter().enumerate() {
        let class = xml(&format!("{} {}", finding.package.name, finding.package.version));
        let text = xml(&sentence(finding));
        let verdict = match failures.get(&at) {
            Some(because) => format!(
                "<failure type=\"{}\" message=\"{text}\">{}</failure>",
                finding.severity.as_str(),
                xml(because)
            ),
            None => format!("<skipped message=\"{text}\"/>"),
        };
        let _ = writeln!(
            out,
            "    <testcase name=\"{}\" classname=\"{class}\">{verdict}</testcase>",
            xml(&finding.id)
        );
    }
    for line in &scan.blind {
        let line = xml(line);
        let verdict = if blind_fails {
            format!("<failure type=\"blind\" message=\"{line}\"/>")
        } else {
            format!("<skipped message=\"{line}\"/>")
        };
        let _ = writeln!(out, "    <testcase name=\"not seen\" classname=\"{name}\">{verdict}</testcase>");
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}
