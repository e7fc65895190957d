//! `casehard why`: why something stayed in a hardened image, or did not.

use std::{fmt::Write as _, io::Write as _, path::PathBuf};

use casehard_harden::{
    Plan,
    why::{Answer, why},
};
use casehard_profile::Profile;
use casehard_report::Report;

use crate::{Context, Failure, Verdict, answer::Format, output_folder};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder that `casehard harden` wrote, or a plan.json
    out: PathBuf,
    /// A path, a package, a vulnerability, a capability, a port, a system call, `user`, `read-only-root` or a field of the
    /// configuration
    #[arg(required = true, value_name = "PATH|PACKAGE|CVE|…")]
    about: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let plan: Plan = output_folder::document(&arguments.out, "plan.json")?;
    // Evidence beside the plan; a plan alone is enough for an answer.
    let profile: Option<Profile> = output_folder::document(&arguments.out, "profile.json").ok();
    let report = report(&arguments.out)?;
    let mut answers = Vec::new();
    let mut unknown = Vec::new();
    for about in &arguments.about {
        let mut found = why(&plan, profile.as_ref(), about);
        found.extend(report.iter().flat_map(|report| report.why(about, &plan)));
        if found.is_empty() {
            unknown.push(about);
        }
        answers.extend(found);
    }
    let text = match arguments.format {
        Format::Text => answers.iter().map(text).collect::<Vec<_>>().join("\n"),
        Format::Json => serde_json::to_string_pretty(&answers).unwrap_or_default() + "\n",
    };
    context.out().write_all(text.as_bytes())?;
    for about in &unknown {
        context.say(format_args!("{about:?} is not in the plan: the image had no such path, package, known vulnerability, capability, port, call or field"));
    }
    Ok(if unknown.is_empty() { Verdict::Good } else { Verdict::No })
}

/// The report beside the plan, which knows the vulnerabilities.
fn report(out: &std::path::Path) -> Result<Option<Report>, Failure> {
    if out.is_file() {
        return Ok(None);
    }
    let Some(bytes) = output_folder::bytes(out, "report.json")? else { return Ok(None) };
    let report = casehard_report::parse(&bytes);
    report.map(Some).map_err(|error| Failure::cannot(format_args!("failed to use {}/report.json", out.display()), &error))
}

fn text(answer: &Answer) -> String {
    let bold = anstyle::Style::new().bold();
    let mut text = format!("{bold}{}{bold:#} {}\n", answer.subject, answer.fate);
    for line in &answer.because {
        let _ = writeln!(text, "{}{}", "  ".repeat(line.depth + 1), line.text);
    }
    text
}
