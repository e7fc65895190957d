//! A table for a comment on a pull request.

use std::fmt::Write as _;

use casehard_vuln::Assessment;

use super::fix;
use crate::{amount, shown};

/// Most rows; code hosts cut long comments.
const ROWS: usize = 200;

pub(super) fn table(assessment: &Assessment) -> String {
    let scan = &assessment.scan;
    let text = |text: &str| shown::markdown(text);
    let counts: Vec<String> = scan
        .counts()
        .into_iter()
        .rev()
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{} {}", amount::count(count as u64), level.as_str()))
        .collect();
    let found = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    let mut out = format!("**{}**: {found}\n", text(&scan.subject));
    if let Some(since) = &assessment.since {
        let _ = writeln!(
            out,
            "\nSince the earlier result: {} new, {} gone, {} as before",
            since.new.len(),
            since.gone.len(),
            since.same
        );
    }
    if !scan.findings.is_empty() {
        out.push_str("\n| | vulnerability | package | installed | fix | risk |\n|:--|:--|:--|:--|:--|--:|\n");
    }
    for finding in scan.findings.iter().take(ROWS) {
        let exploited = if finding.kev.is_some() { " (exploited)" } else { "" };
        let _ = writeln!(
            out,
            "| {} | {}{exploited} | {} | {} | {} | {:.1} |",
            finding.severity.as_str(),
            text(&finding.id),
            text(&finding.package.name),
            text(&finding.package.version),
            text(&fix(finding)),
            finding.risk
        );
    }
    if scan.findings.len() > ROWS {
        let _ = writeln!(out, "\nand {} more", scan.findings.len() - ROWS);
    }
    for line in &scan.blind {
        let _ = writeln!(out, "\nNot seen: {}", text(line));
    }
    out
}
