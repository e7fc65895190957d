//! `casehard scan`

use std::{fs, io::Write as _, path::PathBuf};

use casehard_inventory::sbom::{Sbom, Select, rfc3339};
use casehard_oci::Platform;
use casehard_vuln::{
    Assess, Assessment, Level, Material, assess,
    finding::Origin,
    gate::{Gate, read_rules},
    table, vex,
};

use super::db;
use crate::{Context, Failure, Verdict};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, or a bill of materials that `casehard sbom --format json` wrote
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
    /// Let only what has a fix make the answer no
    #[arg(long)]
    only_fixed: bool,
    /// Let what is known to be exploited make the answer no
    #[arg(long)]
    kev: bool,
    /// Let what is at least this likely to be exploited make the answer no (0 to 1)
    #[arg(long, value_name = "PROBABILITY")]
    epss: Option<f32>,
    /// Let what could not be seen make the answer no
    #[arg(long)]
    fail_on_blind: bool,
    /// Rules that set findings aside, each with its reason and expiry (YAML)
    #[arg(long, value_name = "FILE")]
    ignore_file: Option<PathBuf>,
    /// VEX documents: OpenVEX, CSAF or CycloneDX
    #[arg(long, value_name = "FILE")]
    vex: Vec<PathBuf>,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Columns for people
    Table,
    /// Everything, in Casehard's own JSON
    Json,
    /// CycloneDX 1.6 with vulnerabilities
    Cyclonedx,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Brought {
    Base,
    Application,
}

fn level(name: &str) -> Result<Level, String> {
    Level::parse(name).ok_or_else(|| "expected negligible, low, medium, high or critical".to_owned())
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let today = context.today().ok_or_else(|| Failure::usage("the clock cannot be read"))?;
    let store = arguments.store.open(context)?;
    let sbom = bill(&arguments.image, arguments, context)?;
    let base = arguments.base_image.as_ref().map(|name| bill(name, arguments, context)).transpose()?;
    let material = Material::of(&sbom, base.as_ref());
    let mut statements = Vec::new();
    for path in &arguments.vex {
        statements.extend(vex::read(&path.to_string_lossy(), &read(path)?).map_err(|error| Failure::cannot("failed to use --vex", &error))?);
    }
    let rules = match &arguments.ignore_file {
        Some(path) => read_rules(&path.to_string_lossy(), &String::from_utf8_lossy(&read(path)?))
            .map_err(|error| Failure::cannot("failed to use --ignore-file", &error))?,
        None => Vec::new(),
    };
    let earlier: Option<Assessment> = match &arguments.since {
        Some(path) => Some(serde_json::from_slice(&read(path)?)
            .map_err(|error| Failure::cannot(format_args!("failed to read the earlier result {}", path.display()), &error))?),
        None => None,
    };
    let asked = Assess {
        today: &today,
        statements: &statements,
        rules: &rules,
        leave_out: arguments.leave_out.map(|whose| match whose {
            Brought::Base => Origin::Base,
            Brought::Application => Origin::Application,
        }),
        earlier: earlier.as_ref().map(|earlier| &earlier.scan),
        gate: Gate {
            fail_on: arguments.fail_on,
            only_fixed: arguments.only_fixed,
            kev: arguments.kev,
            epss: arguments.epss,
            fail_on_blind: arguments.fail_on_blind,
            ..Gate::default()
        },
    };
    let assessment = assess(&store, &material, &asked).map_err(|error| Failure::cannot("failed to scan", &error).hint("run `casehard db update` or `casehard db import`"))?;
    let bytes = show(arguments, &assessment, context)?;
    match &arguments.output {
        Some(path) => fs::write(path, bytes).map_err(|error| Failure::cannot(format_args!("failed to write {}", path.display()), &error))?,
        None => context.out().write_all(&bytes)?,
    }
    for failure in assessment.failures.iter().take(10) {
        let finding = failure.finding.map_or("", |at| assessment.scan.findings[at].id.as_str());
        context.say(format_args!("fails: {finding} {}", failure.because));
    }
    Ok(if assessment.failures.is_empty() { Verdict::Good } else { Verdict::No })
}

fn show(arguments: &Arguments, assessment: &Assessment, context: &Context) -> Result<Vec<u8>, Failure> {
    let json = |value: serde_json::Result<Vec<u8>>| value.map_err(|error| Failure::cannot("failed to write the result", &error));
    if !arguments.explain.is_empty() {
        return Ok(casehard_vuln::explain(&assessment.scan, &arguments.explain).into_bytes());
    }
    match arguments.format {
        Format::Table => Ok(table(&assessment.scan).into_bytes()),
        Format::Json => json(serde_json::to_vec_pretty(assessment)),
        Format::Cyclonedx => json(serde_json::to_vec_pretty(&vex::cyclonedx(&assessment.scan, &rfc3339(context.date()?)))),
    }
}

/// The bill of materials of an image, or one that was written before.
fn bill(name: &str, arguments: &Arguments, context: &Context) -> Result<Sbom, Failure> {
    if let Some(sbom) = fs::read(name).ok().filter(|bytes| bytes.starts_with(b"{")).and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(sbom);
    }
    let image = context.open(name, arguments.platform.as_ref())?;
    let (tree, inventory) = casehard_inventory::catalog(&image)
        .map_err(|error| Failure::cannot(format_args!("failed to read image {name}"), &error))?;
    Ok(Sbom::of(&image, &tree, &inventory, &Select::default()))
}

fn read(path: &PathBuf) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::cannot(format_args!("failed to read {}", path.display()), &error))
}
