//! `casehard harden`: the whole job, with proof.

use std::{io::Write as _, path::PathBuf};

use casehard_verify::job::{self, Advisories, Done, Job};

use crate::{Context, Failure, Verdict, answer::Format, place::Recording, policy, progress::Stages, workload};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    workload: workload::Named,
    /// Folder to write the image, the reports and the runtime policies into
    #[arg(long, short, value_name = "DIR", default_value = "hardened")]
    output: PathBuf,
    #[command(flatten)]
    dial: policy::Dial,
    /// Profiles from earlier runs, in place of a run of its own
    #[arg(long, value_name = "FILE")]
    profile: Vec<PathBuf>,
    #[command(flatten)]
    place: crate::place::Where,
    /// How closely the recorder looks
    #[arg(long, value_enum, default_value_t)]
    recording: Recording,
    /// Show what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// How often a result that fails may be repaired
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: u32,
    /// How many trials may be made to find what the application needs when nothing that it looked for is missing
    #[arg(long, value_name = "N", default_value_t = 60)]
    trials: u32,
    /// text or json, for standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    store: super::db::StoreArguments,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let loaded = workload::load(&arguments.workload, context)?;
    let policy = arguments.dial.policy(&loaded.workload)?;
    let profile = super::profile::merged(&arguments.profile)?;
    let place = crate::place::open(context, &arguments.place, arguments.recording)?;
    let store = arguments.store.open(context)?;
    let today = context.today().ok_or_else(|| Failure::usage("the clock cannot be read"))?;
    let job = Job {
        image: &loaded.image,
        setup: loaded.setup(&*place),
        workload_digest: loaded.digest,
        policy,
        profile,
        output: &arguments.output,
        date: context.source_date_epoch()?,
        now: context.now(),
        version: env!("CARGO_PKG_VERSION"),
        rounds: arguments.rounds,
        advisories: Some(Advisories { store: &store, today: &today }),
        trials: arguments.trials,
    };
    let mut progress = Stages::new(context);
    if arguments.dry_run {
        let (plan, prices) = job::dry_run(&job, &mut progress).map_err(failed)?;
        progress.finish();
        let text = match arguments.format {
            Format::Text => format!("{}\n{}", casehard_harden::summary(&plan), prices.text()),
            Format::Json => serde_json::to_string_pretty(&plan).unwrap_or_default() + "\n",
        };
        context.out().write_all(text.as_bytes())?;
        return Ok(Verdict::Good);
    }
    let done = job::harden(&job, &mut progress).map_err(failed)?;
    progress.finish();
    let text = documents(&done, arguments, context, &loaded)?;
    let passed = done.hardening.verification.passed;
    done.staging.commit().map_err(|error| Failure::cannot("failed to put the output in its place", &error))?;
    context.out().write_all(text.as_bytes())?;
    context.say(format_args!("written to {}/", arguments.output.display()));
    Ok(if passed { Verdict::Good } else { Verdict::No })
}

/// Writes every document, and returns the report for standard output.
fn documents(done: &Done, arguments: &Arguments, context: &Context, loaded: &workload::Loaded) -> Result<String, Failure> {
    let written = |error: casehard_verify::StagingError| Failure::cannot("failed to write the output", &error);
    let name = service_name(arguments, loaded);
    job::documents(done, &name, &format!("{name}:hardened")).map_err(written)?;
    for (file, bytes) in crate::documents::all(done, &name, loaded, context)? {
        done.staging.write(file, &bytes).map_err(written)?;
    }
    let report = casehard_report::Report::from(&done.hardening);
    Ok(match arguments.format {
        Format::Text => casehard_report::text(&report, context.columns()),
        Format::Json => casehard_report::json(&report),
    })
}

/// What the service is called in runtime policies: letters, digits and `-`, from the image's or the workload's name.
fn service_name(arguments: &Arguments, loaded: &workload::Loaded) -> String {
    let name = arguments.workload.image.as_deref().or(loaded.workload.image.as_deref()).map(str::to_owned);
    let name = name.or_else(|| {
        let folder = loaded.folder.canonicalize().ok()?;
        Some(folder.file_name()?.to_str()?.to_owned())
    });
    let name = name.unwrap_or_else(|| "app".into());
    let last = name.rsplit('/').next().unwrap_or(&name);
    let last = last.split(['@', ':']).find(|part| !matches!(*part, "oci" | "oci-archive" | "docker-archive" | "docker")).unwrap_or(last);
    let last = last.trim_end_matches(".tar").to_lowercase();
    let clean: String = last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let clean = clean.trim_matches('-');
    if clean.is_empty() { "app".to_owned() } else { clean.chars().take(50).collect() }
}

fn failed(error: job::JobError) -> Failure {
    crate::place::failure("failed to harden the image", &error)
}
