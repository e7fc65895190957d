//! Why a daemon did not give or take an image.

use std::{io, path::PathBuf};

/// Why a daemon did not give or take an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// Nobody answers.
    #[error("connect to the daemon at {socket}: {source}")]
    Connect {
        /// Its socket.
        socket: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The connection broke.
    #[error("talk to the daemon at {socket}: {source}")]
    Io {
        /// Its socket.
        socket: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It said no.
    #[error("get an answer about {what} from the daemon at {socket}: it says {status} {message}")]
    Refused {
        /// Its socket.
        socket: PathBuf,
        /// The image.
        what: String,
        /// HTTP status.
        status: u16,
        /// What it says, escaped.
        message: String,
    },
    /// It says what is no HTTP.
    #[error("understand the daemon at {socket}: {what}")]
    Http {
        /// Its socket.
        socket: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// An image is larger than the limit.
    #[error("save {what} from the daemon: it has more than the limit of {limit} bytes")]
    TooLarge {
        /// The image.
        what: String,
        /// The limit.
        limit: u64,
    },
}
