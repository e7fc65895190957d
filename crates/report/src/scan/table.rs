//! A scan as columns for people, and why a vulnerability was found.

use casehard_oci::escape;
use casehard_vuln::{Finding, Level, Scan, advisory::FixState};
use std::fmt::Write as _;

/// The result for people: what was found, what it rests on, and what could not be seen. Safe to show on a terminal.
#[must_use]
pub(super) fn table(scan: &Scan) -> String {
    let mut out = String::new();
    let rows: Vec<[String; 6]> = scan.findings.iter().map(row).collect();
    if !rows.is_empty() {
        let head = ["VULNERABILITY", "SEVERITY", "RISK", "PACKAGE", "INSTALLED", "FIX"].map(str::to_owned);
        write_rows(&mut out, &head, &rows);
        out.push('\n');
    }
    let counts: Vec<String> = scan
        .counts()
        .into_iter()
        .rev()
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{count} {}", level.as_str()))
        .collect();
    let summary = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    // The distribution's name comes from the image; what is written to a String does not fail.
    let distribution = scan
        .distribution
        .as_deref()
        .map(|name| format!(" on {}", escape(name.as_bytes())))
        .unwrap_or_default();
    let _ = writeln!(out, "{} packages{distribution}: {summary}", scan.packages);
    let exploited = scan.findings.iter().filter(|finding| finding.kev.is_some()).count();
    if exploited > 0 {
        let _ = writeln!(out, "{exploited} known to be exploited (marked !)");
    }
    if let Some(lifecycle) = scan.lifecycle.as_ref().filter(|lifecycle| lifecycle.ended) {
        let _ = writeln!(
            out,
            "support of {} {} has ended: {}",
            lifecycle.product, lifecycle.cycle, lifecycle.end
        );
    }
    if !scan.suppressed.is_empty() {
        let _ = writeln!(out, "{} findings are set aside", scan.suppressed.len());
    }
    let _ = writeln!(
        out,
        "advisory data: built {}, {} days old, {} sources",
        scan.store.built,
        scan.store.age_days,
        scan.store.sources.len()
    );
    for line in &scan.unmatched {
        let _ = writeln!(out, "note: {}", escape(line.as_bytes()));
    }
    for line in &scan.blind {
        let _ = writeln!(out, "not seen: {}", escape(line.as_bytes()));
    }
    out
}

/// Why the vulnerabilities `ids` were found, and rated as they are. Safe to show on a terminal.
#[must_use]
pub fn explain(scan: &Scan, ids: &[String]) -> String {
    let mut out = String::new();
    for id in ids {
        let found =
            scan.findings.iter().filter(|finding| finding.answers_to(id)).map(|finding| (finding, None));
        let aside = scan
            .suppressed
            .iter()
            .filter(|entry| entry.finding.answers_to(id))
            .map(|entry| (&entry.finding, Some(entry)));
        let mut any = false;
        for (finding, entry) in found.chain(aside) {
            any = true;
            let head = format!("{} in {} {}", finding.id, finding.package.name, finding.package.version);
            let _ = writeln!(out, "{}", escape(head.as_bytes()));
            for line in finding.explain() {
                let _ = writeln!(out, "  {}", escape(line.as_bytes()));
            }
            if let Some(entry) = entry {
                let _ = writeln!(out, "  set aside by {}: {}", entry.by, escape(entry.reason.as_bytes()));
            }
        }
        if !any {
            let _ = writeln!(out, "{}: not found", escape(id.as_bytes()));
        }
    }
    out
}

fn row(finding: &Finding) -> [String; 6] {
    let mark = if finding.kev.is_some() { "! " } else { "" };
    let fix = match (&finding.fix.version, finding.fix.state) {
        (Some(version), _) => version.clone(),
        (None, FixState::WillNotFix) => "(will not be fixed)".to_owned(),
        (None, FixState::Deferred) => "(deferred)".to_owned(),
        (None, FixState::EndOfLife) => "(end of life)".to_owned(),
        (None, FixState::UnderInvestigation) => "(under investigation)".to_owned(),
        (None, _) => "(no fix)".to_owned(),
    };
    let severity = if finding.severity == Level::Unknown { "unknown" } else { finding.severity.as_str() };
    [
        format!("{mark}{}", finding.id),
        severity.to_owned(),
        format!("{:.1}", finding.risk),
        finding.package.name.clone(),
        finding.package.version.clone(),
        fix,
    ]
    .map(|cell| escape(cell.as_bytes()).to_string())
}

fn write_rows(out: &mut String, head: &[String; 6], rows: &[[String; 6]]) {
    let mut widths = head.each_ref().map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            // A hostile version must not push the rest off the screen.
            *width = (*width).max(cell.chars().count()).min(44);
        }
    }
    for row in std::iter::once(head).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}
