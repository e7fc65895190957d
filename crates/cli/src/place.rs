//! Where workloads run: the embedded sandbox, with the recorder.

use casehard_engine::{Container, Sandbox, Spec, Store};
use casehard_image::{Image, ReadError};
use casehard_profile::{Phase, Profile};
use casehard_record::Mode;
use casehard_verify::job::{JobError, Joined, Place, PlaceError, Recorded, Watch};

use crate::{Context, Failure};

/// How closely the recorder looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Recording {
    /// Every system call that takes a path, and access times
    #[default]
    Full,
    /// Opening files is told by access times alone, which what is opened and not read escapes: cheaper, for long runs
    Light,
}

/// The embedded sandbox.
pub struct Here {
    sandbox: Sandbox,
    recording: Recording,
}

/// Opens the sandbox, and says what it lacks on this machine.
pub fn sandbox(context: &Context, recording: Recording) -> Result<Here, Failure> {
    let store = Store::open(&context.cache()?.join("store"))
        .map_err(|error| Failure::cannot("failed to open the store of unpacked images", &error))?;
    let sandbox =
        Sandbox::new(store).map_err(|error| Failure::cannot("failed to open the sandbox", &error))?;
    sandbox.limitations().iter().for_each(|line| context.say(format_args!("note: {line}")));
    Ok(Here { sandbox, recording })
}

impl Place for Here {
    fn start(&self, image: &Image, spec: &Spec) -> Result<Box<dyn Container>, PlaceError> {
        Ok(self.sandbox.start(image, spec)?)
    }

    fn record(&self, image: &Image, spec: &Spec) -> Result<Recorded, PlaceError> {
        let mode = match self.recording {
            Recording::Full => Mode::Full,
            Recording::Light => Mode::Light,
        };
        let (container, recording) = casehard_record::start(&self.sandbox, image, spec, mode)?;
        Ok(Recorded { container, watch: Box::new(Watching(recording)) })
    }

    fn network(&self) -> Result<Box<dyn Joined>, PlaceError> {
        Ok(Box::new(self.sandbox.network()?))
    }
}

struct Watching(casehard_record::Recording);

impl Watch for Watching {
    fn phase(&self, phase: Phase) -> Result<(), PlaceError> {
        Ok(self.0.set_phase(&phase)?)
    }

    fn finish(self: Box<Self>) -> Result<Profile, PlaceError> {
        Ok(self.0.finish()?)
    }
}

/// Why a job failed, and what to do next.
pub fn failure(what: &str, error: &JobError) -> Failure {
    let failure = Failure::cannot(what, error);
    match error {
        JobError::WorkloadFails { log, .. } if !log.trim().is_empty() => failure
            .hint(format!("correct the workload; the application's last lines were:\n{}", log.trim_end())),
        JobError::WorkloadFails { .. } => failure.hint("correct the workload, then run again"),
        JobError::Service { log, .. } if !log.trim().is_empty() => {
            failure.hint(format!("correct the service; its last lines were:\n{}", log.trim_end()))
        }
        JobError::Place { what, source }
            if what.contains("original") && source.to_string().starts_with("start ") =>
        {
            failure.hint(
                "the image does not start as its configuration says; name another command with `start:` in the \
                 workload, or mend the image",
            )
        }
        JobError::Read(
            ReadError::BlobDigest { .. } | ReadError::BlobSize { .. } | ReadError::DiffId { .. } | ReadError::Missing { .. },
        ) => failure.hint("the image is damaged: get or write it again; `casehard validate` lists all that is wrong with it"),
        JobError::OtherImage { .. } => failure.hint("make a new profile, or leave --profile out"),
        _ => failure,
    }
}
