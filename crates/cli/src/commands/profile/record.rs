//! `casehard profile IMAGE -w FILE -o FILE`: runs the workload and records what it uses.

use std::{io::Write as _, path::PathBuf};

use casehard_verify::job::{self, Job, Read};

use crate::{Context, Failure, Verdict, output_file, place::Recording, progress::Stages, workload};

#[derive(Debug, clap::Args)]
#[group(id = "profile-record")]
pub struct Arguments {
    #[command(flatten)]
    workload: workload::Named,
    #[command(flatten)]
    place: crate::place::Where,
    /// How closely the recorder looks
    #[arg(long, value_enum, default_value_t)]
    recording: Recording,
    /// File to write the profile to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let loaded = workload::load(&arguments.workload, context)?;
    let place = crate::place::open(context, &arguments.place, arguments.recording)?;
    let failed = |error: job::JobError| crate::place::failure("failed to profile the image", &error);
    let job = Job {
        image: &loaded.image,
        setup: loaded.setup(&*place),
        workload_digest: loaded.digest,
        policy: casehard_harden::Policy::default(),
        profile: None,
        output: std::path::Path::new(""),
        date: None,
        now: context.now(),
        version: env!("CARGO_PKG_VERSION"),
        rounds: 0,
        advisories: None,
        trials: 0,
    };
    let mut progress = Stages::new(context);
    let original = Read::new(&loaded.image).map_err(|error| failed(error.into()))?;
    let profile = job::profile(&job, &original, &mut progress).map_err(failed)?;
    progress.finish();
    let bytes = profile.to_json();
    match &arguments.output {
        None => context.out().write_all(&bytes)?,
        Some(file) => output_file::write(file, &bytes)?,
    }
    Ok(Verdict::Good)
}
