//! `casehard rules`

use std::io::Write as _;

use casehard_finding::Rule;

use crate::{Context, Failure, Verdict, findings::severity_name};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Rules to show, by name or by another tool's code [default: all]
    rules: Vec<String>,
    /// How to list them
    #[arg(long, value_enum, default_value_t = Listing::Text)]
    format: Listing,
}

/// How to list rules.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Listing {
    Text,
    Json,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let wanted = |rule: &&Rule| {
        arguments.rules.is_empty() || arguments.rules.iter().any(|code| casehard_rules::rules_for(code).any(|other| other.name == rule.name))
    };
    let rules: Vec<&Rule> = casehard_rules::rules().filter(wanted).collect();
    if rules.is_empty() {
        return Err(Failure::usage("no rule answers to these names").hint("casehard rules lists them all"));
    }
    let mut out = context.out();
    match arguments.format {
        Listing::Json => {
            let list: Vec<_> = rules.iter().map(|rule| describe(rule)).collect();
            writeln!(out, "{:#}", serde_json::Value::from(list))?;
        }
        Listing::Text => {
            for rule in rules {
                let off = if rule.default_on { "" } else { " (off by default)" };
                let subject = format!("{:?}", rule.subject).to_lowercase();
                writeln!(out, "{:<28} {subject:<12} {:<8} {}{off}", rule.name, severity_name(rule.severity), rule.summary)?;
            }
        }
    }
    Ok(Verdict::Good)
}

/// A rule for programs.
fn describe(rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "name": rule.name,
        "subject": rule.subject,
        "severity": rule.severity,
        "summary": rule.summary,
        "also": rule.also,
        "on": rule.default_on,
    })
}

/// Shows the pages of the rules that answer to a code.
pub fn explain(code: &str, context: &Context) -> Result<Verdict, Failure> {
    let mut out = context.out();
    let mut found = false;
    for rule in casehard_rules::rules_for(code) {
        found = true;
        writeln!(out, "{}", rule.page)?;
        if !rule.also.is_empty() {
            writeln!(out, "Also known as: {}", rule.also.join(", "))?;
        }
    }
    if found { Ok(Verdict::Good) } else { Err(Failure::usage(format!("no rule answers to {code}")).hint("casehard rules lists them all")) }
}
