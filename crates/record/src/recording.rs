//! A recording, as the caller sees it.

use std::{
    fs::File,
    io,
    os::fd::AsFd as _,
    process::Child,
    sync::{Mutex, PoisonError},
};

use casehard_engine::{
    Container, Daemon, EngineError, Missing, Recorder, RootKind, Sandbox, Spec, StartOptions,
    channel::Channel,
};
use casehard_image::Image;
use casehard_oci::RootPath;
use casehard_profile::{Phase, Profile, ProfileError};
use serde::{Deserialize, Serialize};

use crate::{
    BACKENDS,
    filter::filter,
    process::{self, Command, Report, Witnesses},
};

/// How closely is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Every system call that takes a path.
    Full,
    /// All but opening for reading, which access times tell: cheaper, for long runs.
    Light,
}

/// Why nothing was recorded, or not all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The container could not be started.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The machine lacks something.
    #[error("record: {0}")]
    Missing(#[from] Missing),
    /// The recorder's process.
    #[error("{doing} the recorder: {source}")]
    Process {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The recorder could not tell.
    #[error("record what the container used: {0}")]
    Failed(String),
    /// What it told is no profile.
    #[error("read what was recorded: {0}")]
    Profile(#[from] ProfileError),
    /// Not every event was understood, so the profile would not be whole.
    #[error("record everything: {count} events were lost, such as: {}", examples.join("; "))]
    Lost {
        /// How many.
        count: u64,
        /// Some of them.
        examples: Vec<String>,
    },
}

pub(crate) fn failed(doing: &'static str) -> impl FnOnce(io::Error) -> RecordError {
    move |source| RecordError::Process { doing, source }
}

/// A recording that runs. Dropped, it is given up.
#[derive(Debug)]
pub struct Recording {
    child: Child,
    channel: Mutex<Channel>,
}

/// Starts a container whose use of its root is recorded. Its root is a copy of its own.
///
/// # Errors
/// When the container or the recorder cannot be started.
pub fn start(
    sandbox: &Sandbox,
    image: &Image,
    spec: &Spec,
    mode: Mode,
) -> Result<(Box<dyn Container>, Recording), RecordError> {
    for backend in &BACKENDS {
        (backend.probe)()?;
    }
    let (ours, supervisors) = Channel::pair().map_err(failed("start"))?;
    let (child, channel) = process::start(
        mode,
        Witnesses::Two,
        Phase::new("start"),
        Vec::new(),
        sandbox.namespace().as_fd(),
        &ours,
    )
    .map_err(failed("start"))?;
    let recording = Recording { child, channel: Mutex::new(channel) };
    drop(ours);
    let options = StartOptions {
        root: Some(RootKind::Plain),
        recorder: Some(Recorder { filter: filter(mode), channel: supervisors }),
        ..StartOptions::default()
    };
    let container = sandbox.start_with(image, spec, options)?;
    Ok((Box::new(container), recording))
}

/// Starts a container under another engine that is recorded, by notifications alone: its root keeps no access times
/// of its own. What is lost is an error, as in the sandbox.
///
/// # Errors
/// When the container or the recorder cannot be started.
pub fn start_under(
    engine: &Daemon,
    image: &Image,
    spec: &Spec,
) -> Result<(Box<dyn Container>, Recording), RecordError> {
    (BACKENDS[0].probe)()?;
    let (ours, listeners) = Channel::pair().map_err(failed("start"))?;
    let own = File::open("/proc/self/ns/user").map_err(failed("start"))?;
    // The engine mounts a volume there, which begins as what the image has.
    let volumes = image.config().config.volumes.keys();
    let volumes = volumes.map(|path| RootPath::root().join_as_kernel(path.as_bytes())).collect();
    let started =
        process::start(Mode::Full, Witnesses::One, Phase::new("start"), volumes, own.as_fd(), &ours);
    let (child, channel) = started.map_err(failed("start"))?;
    let recording = Recording { child, channel: Mutex::new(channel) };
    drop(ours);
    let recorder = Recorder { filter: filter(Mode::Full), channel: listeners };
    let container = engine.start_recorded(image, spec, recorder)?;
    Ok((Box::new(container), recording))
}

impl Recording {
    /// What is seen from now on belongs to `phase`. It begins with the phase `start`.
    ///
    /// # Errors
    /// When the recorder's process has ended.
    pub fn set_phase(&self, phase: &Phase) -> Result<(), RecordError> {
        let channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        channel.send(&Command::Phase(phase.clone()), &[]).map_err(failed("reach"))?;
        channel.expect::<()>().map(drop).map_err(failed("hear from"))
    }

    /// What was used. To be called when the container has ended, before or after it is dropped: of one that still runs
    /// each further system call would fail.
    ///
    /// # Errors
    /// When an event was lost, or the recorder's process failed.
    pub fn finish(mut self) -> Result<Profile, RecordError> {
        let report = {
            let channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
            channel.send(&Command::Finish, &[]).map_err(failed("reach"))?;
            channel.expect::<Report>().map_err(failed("hear from"))?.0
        };
        let _ = self.child.wait();
        report.into_profile()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let channel = self.channel.get_mut().unwrap_or_else(PoisonError::into_inner);
        // The process ends when this end is closed.
        let _ = rustix::net::shutdown(&*channel, rustix::net::Shutdown::Both);
        let _ = self.child.wait();
    }
}
