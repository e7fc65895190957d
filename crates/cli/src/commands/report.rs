//! `casehard report`: draws the result of a hardening again, in another format.

use std::{io::Write as _, path::PathBuf};

use casehard_harden::Plan;
use casehard_report::{Format, Report};

use crate::{Context, Failure, Verdict, output_file, output_folder};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder that `casehard harden` wrote, or a report.json
    out: PathBuf,
    /// text, json, markdown, html, sarif, junit or github
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// File to write it to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let out = &arguments.out;
    let failed = |error: &dyn std::fmt::Display| format!("failed to {error} ({})", out.display());
    let bytes = output_folder::bytes(out, "report.json")?.ok_or_else(|| output_folder::missing(out, "report.json"))?;
    let report = casehard_report::parse(&bytes).map_err(|error| {
        Failure::cannot(format_args!("{} is no report", out.display()), &error)
    })?;
    // Without the plan the page has no paths; everything else stands in the report.
    let plan: Option<Plan> = match output_folder::bytes(out, "plan.json")? {
        Some(bytes) if arguments.format == Format::Html && !out.is_file() => Some(
            serde_json::from_slice(&bytes).map_err(|error| Failure::cannot(failed(&"parse plan.json"), &error))?,
        ),
        _ => None,
    };
    write(&report, plan.as_ref(), arguments, context)?;
    Ok(if report.verdict.hardened { Verdict::Good } else { Verdict::No })
}

fn write(report: &Report, plan: Option<&Plan>, arguments: &Arguments, context: &Context) -> Result<(), Failure> {
    let text = casehard_report::render(report, plan, arguments.format, context.columns());
    match &arguments.output {
        None => context.out().write_all(text.as_bytes())?,
        Some(file) => {
            let mut bytes = anstream::StripStream::new(Vec::new());
            bytes.write_all(text.as_bytes())?;
            output_file::write(file, bytes.into_inner())?;
        }
    }
    Ok(())
}
