//! Why a container could not be started.

use std::io;

use crate::{
    namespace::{Missing, diagnose},
    seccomp::ProfileError,
    store::StoreError,
    supervisor::{Failure, Stage},
};

/// Why a container could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The machine lacks something.
    #[error("make a sandbox: {0}")]
    Missing(#[from] Missing),
    /// The store of unpacked images.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The command of the container.
    #[error("{doing}: {source}")]
    Command {
        /// What failed, naming the command.
        doing: String,
        /// Why.
        source: io::Error,
    },
    /// The user, group or capabilities that were asked for.
    #[error("{0}")]
    User(String),
    /// The seccomp profile.
    #[error("use the seccomp profile: {0}")]
    Seccomp(#[from] ProfileError),
    /// The container whose network was to be shared.
    #[error("use the network of number {0}, which is no running container or network")]
    NoNetwork(u64),
    /// The engine beside the sandbox.
    #[error(transparent)]
    Daemon(#[from] casehard_image::DaemonError),
    /// An image could not be given to that engine.
    #[error("give the image to the engine: {0}")]
    Load(#[from] casehard_image::WriteError),
    /// A container of that engine could not be started.
    #[error("start {command:?} under {engine}: {why}")]
    Start {
        /// The engine's name.
        engine: &'static str,
        /// The first word of the command.
        command: String,
        /// What the engine, or the process in the container, says.
        why: String,
    },
    /// A container of that engine is closed to this user.
    #[error("look into the container that {engine} started: {source}")]
    Closed {
        /// The engine's name.
        engine: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A step of making the sandbox.
    #[error("{doing} for the sandbox: {source}")]
    Setup {
        /// Which step.
        doing: String,
        /// Why it failed.
        source: io::Error,
    },
}

impl EngineError {
    pub(crate) fn setup(doing: &str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Setup { doing: doing.to_owned(), source }
    }

    /// What a process of ours reported, as an error of its kind.
    pub(crate) fn from_failure(failure: Failure, root: bool) -> Self {
        let source = failure.error();
        match failure.stage {
            Stage::UserNamespace => Self::Missing(diagnose(&source, root)),
            Stage::Mapping if failure.error == libc::ENOENT => Self::Missing(Missing::Newuidmap),
            Stage::Mapping if failure.error == 0 => Self::Missing(Missing::NewuidmapRefused(failure.doing)),
            Stage::Mapping => Self::Missing(diagnose(&source, root)),
            Stage::Overlay if matches!(failure.error, libc::ENODEV | libc::EPERM | libc::EINVAL) => {
                Self::Missing(Missing::Overlay)
            }
            Stage::User => Self::User(failure.to_string()),
            Stage::Command => Self::Command { doing: failure.doing, source },
            Stage::Setup | Stage::Overlay => Self::Setup { doing: failure.doing, source },
        }
    }
}
