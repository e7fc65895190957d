//! `casehard scan`

use std::{io::Write as _, path::PathBuf};

use casehard_inventory::sbom::rfc3339;
use casehard_oci::Platform;
use casehard_report::{explain, scan};
use casehard_vuln::{Assess, Level, Material, assess, finding::Origin, gate::Gate};

use super::db;
use crate::{
    Context, Failure, Verdict,
    attached::attached,
    bill::bill,
    output_file,
    scan_inputs::{Format, earlier, rules, statements, usages},
    suggestions::suggest,
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, or a bill of materials: CycloneDX, SPDX 2, Syft's JSON or Casehard's
    image: String,
    /// How to show the result
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    format: Format,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The least severity that makes the answer no
    #[arg(long, value_name = "SEVERITY", value_parser = level)]
    fail_on: Option<Level>,
    /// Show only what has a fix to install, and let only that make the answer no
    #[arg(long, alias = "ignore-unfixed")]
    only_fixed: bool,
    /// Let what is known to be exploited make the answer no
    #[arg(long)]
    kev: bool,
    /// Let what is at least this likely to be exploited make the answer no (0 to 1)
    #[arg(long, value_name = "PROBABILITY", value_parser = probability)]
    epss: Option<f32>,
    /// Let what could not be seen make the answer no
    #[arg(long)]
    fail_on_blind: bool,
    /// Rules that set findings aside, each with its reason and expiry (YAML; those of Trivy and Grype are read, too)
    #[arg(long, value_name = "FILE")]
    ignore_file: Option<PathBuf>,
    /// VEX documents: OpenVEX, CSAF or CycloneDX
    #[arg(long, value_name = "FILE")]
    vex: Vec<PathBuf>,
    /// Use what is attached to the image, too: VEX statements, and components that only a bill of materials states
    #[arg(long)]
    attached: bool,
    /// Profiles of the image (`casehard profile`): findings say whether their packages were seen in use
    #[arg(long, value_name = "FILE")]
    profile: Vec<PathBuf>,
    /// Write statements on packages that were not seen in use, for a person to accept (`casehard vex accept`)
    #[arg(long, value_name = "FILE", requires = "profile")]
    suggest_vex: Option<PathBuf>,
    /// Let only what was seen in use make the answer no
    #[arg(long, requires = "profile")]
    only_used: bool,
    /// The base image, or its bill of materials, to tell what it brought
    #[arg(long, value_name = "IMAGE")]
    base_image: Option<String>,
    /// With --base-image: leave out what the base, or what the application brought
    #[arg(long, value_enum, value_name = "WHOSE", requires = "base_image")]
    leave_out: Option<Brought>,
    /// An earlier result (--format json): only what is new since then makes the answer no
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// Say why these vulnerabilities were found, and rated as they are
    #[arg(long, value_name = "ID")]
    explain: Vec<String>,
    /// The platform of an image for several
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    #[command(flatten)]
    store: db::StoreArguments,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Brought {
    Base,
    Application,
}

fn level(name: &str) -> Result<Level, String> {
    Level::parse(name).ok_or_else(|| "expected negligible, low, medium, high or critical".to_owned())
}

fn probability(text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let today = context.today().ok_or_else(|| Failure::usage("the clock cannot be read"))?;
    let store = arguments.store.open(context)?;
    let mut scanned = bill(&arguments.image, arguments.platform.as_ref(), context)?;
    let mut statements = statements(&arguments.vex)?;
    if arguments.attached {
        statements.extend(attached(&arguments.image, arguments.platform.as_ref(), &mut scanned, context)?);
    }
    let base = arguments.base_image.as_ref().map(|name| bill(name, arguments.platform.as_ref(), context)).transpose()?;
    let material = Material::of(&scanned.sbom, base.as_ref().map(|base| &base.sbom));
    let rules = rules(arguments.ignore_file.as_ref())?;
    let earlier = earlier(arguments.since.as_ref())?;
    let profile = super::profile::merged(&arguments.profile)?;
    let usages = usages(profile.as_ref(), &scanned)?;
    let asked = Assess {
        today: &today,
        statements: &statements,
        rules: &rules,
        leave_out: arguments.leave_out.map(|whose| match whose {
            Brought::Base => Origin::Base,
            Brought::Application => Origin::Application,
        }),
        earlier: earlier.as_ref().map(|earlier| &earlier.scan),
        usages: usages.as_ref(),
        gate: Gate {
            fail_on: arguments.fail_on,
            only_fixed: arguments.only_fixed,
            kev: arguments.kev,
            epss: arguments.epss,
            only_used: arguments.only_used,
            fail_on_blind: arguments.fail_on_blind,
            ..Gate::default()
        },
    };
    let assessment = assess(&store, &material, &asked)
        .map_err(|error| Failure::cannot("failed to scan", &error).hint("run `casehard db update` or `casehard db import`"))?;
    let text = match arguments.explain.as_slice() {
        [] => scan(&assessment, arguments.format.into(), &rfc3339(context.date()?)),
        ids => explain(&assessment.scan, ids),
    };
    match &arguments.output {
        Some(path) => output_file::write(path, text)?,
        None => context.out().write_all(text.as_bytes())?,
    }
    if let (Some(path), Some(profile)) = (&arguments.suggest_vex, &profile) {
        suggest(path, profile, (&scanned, &material), &assessment.scan, context)?;
    }
    for failure in assessment.failures.iter().take(10) {
        let finding = failure.finding.map_or("", |at| assessment.scan.findings[at].id.as_str());
        context.say(format_args!("fails: {finding} {}", failure.because));
    }
    Ok(if assessment.failures.is_empty() { Verdict::Good } else { Verdict::No })
}
