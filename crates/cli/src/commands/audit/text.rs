//! What an audit shows to people.

use std::collections::BTreeMap;

use casehard_finding::{Finding, Severity};
use casehard_rules::{Advice, Shown, Verified};

use crate::findings::severity_name;

/// Findings by rule, the worst first: one headline each, its places below.
pub fn findings(findings: &[Finding]) -> String {
    const MOST: usize = 20;
    let mut groups: Vec<(&str, Vec<&Finding>)> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let at = *index.entry(&finding.rule).or_insert_with(|| {
            groups.push((&finding.rule, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(finding);
    }
    let mut out = String::new();
    for (name, findings) in &groups {
        let rule = casehard_rules::rules().find(|rule| rule.name == *name);
        let summary = rule.map_or("", |rule| rule.summary);
        let section = rule.and_then(|rule| rule.also.iter().find_map(|code| code.strip_prefix("cis:")));
        let section = section.map_or_else(String::new, |section| format!(", CIS Docker {section}"));
        let style = style(findings[0].severity);
        let severity = severity_name(findings[0].severity);
        out.push_str(&format!("{style}{severity:<8}{style:#} {name}: {summary} ({}{section})\n", findings.len()));
        for finding in findings.iter().take(MOST) {
            out.push_str(&format!("           {}\n", finding.message));
        }
        if findings.len() > MOST {
            out.push_str(&format!("           and {} more (--format json shows all)\n", findings.len() - MOST));
        }
    }
    let plural = if findings.len() == 1 { "" } else { "s" };
    out.push_str(&format!("{} finding{plural} of {} rules\n", findings.len(), groups.len()));
    out
}

const fn style(severity: Severity) -> anstyle::Style {
    let colour = match severity {
        Severity::Critical | Severity::High => anstyle::AnsiColor::Red,
        Severity::Medium | Severity::Low => anstyle::AnsiColor::Yellow,
        Severity::Info => anstyle::AnsiColor::Cyan,
    };
    colour.on_default().bold()
}

/// Section 4 of the CIS Docker Benchmark, one line each.
pub fn sections(sections: &[(&str, &str, Shown)]) -> String {
    let mut out = "\nCIS Docker Benchmark, section 4\n".to_owned();
    for (number, asks, shown) in sections {
        let verdict = match shown {
            Shown::Pass => "pass".to_owned(),
            Shown::Fail(count) => format!("FAIL  {count} finding{}", if *count == 1 { "" } else { "s" }),
            Shown::No(why) => format!("not shown by an image: {why}"),
        };
        out.push_str(&format!("  {number:<5} {asks:<30} {verdict}\n"));
    }
    out
}

/// How many packaged files were compared with what was installed.
pub fn verified(verified: Option<&Verified>) -> String {
    let Some(verified) = verified else { return String::new() };
    match verified.compared {
        0 => "\nPackages   no database of packages states digests of files\n".to_owned(),
        compared => format!(
            "\nPackages   {compared} files compared with the digests of their packages, {} differ\n",
            verified.altered.len()
        ),
    }
}

/// What the image should become, and why.
pub fn advice(advice: &Advice) -> String {
    let next = advice.next.map_or_else(|| "there is nothing further".to_owned(), |next| format!("move to {}", next.name()));
    let mut out = format!("\nNext step  this is a {} image; {next}\n", advice.weight.name());
    for reason in &advice.reasons {
        out.push_str(&format!("  · {reason}\n"));
    }
    out
}
