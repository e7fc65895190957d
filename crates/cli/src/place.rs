//! Where workloads run, with the recorder: the embedded sandbox, Docker or Podman.

use std::net::Ipv4Addr;

use casehard_engine::{Container, Daemon, DaemonNetwork, EngineError, EngineKind, Sandbox, Spec, Store};
use casehard_image::{Image, ReadError};
use casehard_profile::{Phase, Profile};
use casehard_record::Mode;
use casehard_verify::job::{self, JobError, Joined, Place, PlaceError, Recorded, Watch};

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

/// What runs containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum EngineName {
    /// The sandbox of this program, which needs nothing else
    #[default]
    Sandbox,
    /// Docker, with what it sets itself for a container (its socket: DOCKER_HOST)
    Docker,
    /// Podman, with what it sets itself for a container (its socket: CONTAINER_HOST)
    Podman,
}

/// Arguments of commands that run containers.
#[derive(Debug, Default, clap::Args)]
pub struct Where {
    /// What runs the containers
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    engine: EngineName,
}

/// Opens the place that was asked for, and says what it lacks on this machine.
pub fn open(context: &Context, place: &Where, recording: Recording) -> Result<Box<dyn Place>, Failure> {
    match place.engine {
        EngineName::Sandbox => Ok(Box::new(sandbox(context, recording)?)),
        _ if recording == Recording::Light => Err(Failure::usage("--recording light needs access times")
            .hint("only the sandbox keeps them: leave out --engine, or --recording")),
        EngineName::Docker => Ok(Box::new(there(context, EngineKind::Docker)?)),
        EngineName::Podman => Ok(Box::new(there(context, EngineKind::Podman)?)),
    }
}

/// The embedded sandbox.
struct Here {
    sandbox: Sandbox,
    recording: Recording,
}

fn sandbox(context: &Context, recording: Recording) -> Result<Here, Failure> {
    let store = Store::open(&context.cache()?.join("store"))
        .map_err(|error| Failure::cannot("failed to open the store of unpacked images", &error))?;
    let sandbox =
        Sandbox::new(store).map_err(|error| Failure::cannot("failed to open the sandbox", &error))?;
    sandbox.limitations().iter().for_each(|line| context.say(format_args!("note: {line}")));
    Ok(Here { sandbox, recording })
}

/// Another engine.
struct There(Daemon);

fn there(context: &Context, kind: EngineKind) -> Result<There, Failure> {
    let places = context.places();
    let (socket, hint) = match kind {
        EngineKind::Docker => (
            places.docker_socket,
            "is dockerd running? DOCKER_HOST=unix:///PATH says where it listens".to_owned(),
        ),
        EngineKind::Podman => {
            let socket = places.podman_socket;
            let hint = format!("start it with: podman system service --time=0 unix://{}", socket.display());
            (socket, hint)
        }
    };
    let folder = context.cache()?.join("engine");
    let daemon = Daemon::connect(kind, &socket, &folder).map_err(|error| {
        Failure::cannot(format_args!("failed to use {} to run containers", kind.name()), &error).hint(hint)
    })?;
    Ok(There(daemon))
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

impl Place for There {
    fn start(&self, image: &Image, spec: &Spec) -> Result<Box<dyn Container>, PlaceError> {
        Ok(Box::new(self.0.start(image, spec)?))
    }

    fn record(&self, image: &Image, spec: &Spec) -> Result<Recorded, PlaceError> {
        let (container, recording) = casehard_record::start_under(&self.0, image, spec)?;
        Ok(Recorded { container, watch: Box::new(Watching(recording)) })
    }

    fn network(&self) -> Result<Box<dyn Joined>, PlaceError> {
        let [a, b, c] = job::NETWORK;
        Ok(Box::new(Network(self.0.network(Ipv4Addr::new(a, b, c, 0))?)))
    }
}

struct Network(DaemonNetwork);

impl Joined for Network {
    fn id(&self) -> u64 {
        self.0.id()
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
        JobError::Place { source, .. } if is_closed(source) => failure.hint(
            "containers of an engine that runs as root belong to root: run casehard as root, or Podman without it",
        ),
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

/// Whether an engine started a container that this user may not look into.
fn is_closed(error: &PlaceError) -> bool {
    let of_engine = error.downcast_ref::<EngineError>().or_else(|| match error.downcast_ref() {
        Some(casehard_record::RecordError::Engine(error)) => Some(error),
        _ => None,
    });
    matches!(of_engine, Some(EngineError::Closed { .. }))
}
