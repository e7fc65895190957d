//! A running container.

use std::{io, net::SocketAddr, path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Change, Confinement, Exec};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// It was killed because its time was over.
    TimedOut,
}

impl Exit {
    /// The code a shell would report: the code itself, 128 + signal, or 124 when time was over.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
            Self::TimedOut => 124,
        }
    }
}

/// What a command left. Streams longer than 8 MiB are cut there, and the cut is stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub exit: Exit,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Whether a stream was cut.
    pub truncated: bool,
}

/// A connection into a container.
pub trait Stream: io::Read + io::Write + Send {
    /// Bounds each later read and write.
    ///
    /// # Errors
    /// When the socket refuses.
    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()>;
}

/// A running container. Dropping it ends every process of it.
pub trait Container: Send + Sync {
    /// What tells it from others of this process.
    fn id(&self) -> u64;
    /// Runs a further command in it and waits for its end.
    ///
    /// # Errors
    /// When it could not be started (no such file, container gone); the message names the command.
    fn exec(&self, exec: &Exec) -> io::Result<Output>;
    /// Runs a command of this machine in the container's network, without privileges, in `directory`.
    ///
    /// # Errors
    /// When it could not be started.
    fn host(&self, argv: &[String], directory: &Path, within: Duration) -> io::Result<Output>;
    /// Connects from inside the container's network.
    ///
    /// # Errors
    /// As `connect(2)`.
    fn connect(&self, address: SocketAddr, within: Duration) -> io::Result<Box<dyn Stream>>;
    /// Sends a signal to its first process.
    ///
    /// # Errors
    /// When it has ended.
    fn signal(&self, signal: i32) -> io::Result<()>;
    /// How the first process ended; `None` while it runs after `within`.
    ///
    /// # Errors
    /// When the sandbox itself failed.
    fn wait(&self, within: Duration) -> io::Result<Option<Exit>>;
    /// What the first process and its children wrote so far, both streams in order of arrival.
    fn log(&self) -> Vec<u8>;
    /// What differs in its root from the image, by path. The container may have ended, but must not be dropped.
    ///
    /// # Errors
    /// `Unsupported` when this engine cannot tell.
    fn changes(&self) -> io::Result<Vec<Change>> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
    /// What the kernel enforces on it now: its processes as the kernel shows them, and what an attempt to create a
    /// file in the root and to become root yields for a process that runs as the container's do.
    ///
    /// # Errors
    /// When it has ended; `Unsupported` when this engine cannot tell.
    fn confinement(&self) -> io::Result<Confinement> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}
