//! Why a registry did not give or take something.

use std::io;

use casehard_oci::Digest;

use crate::ReadError;

/// Why a registry did not give or take something.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// It cannot be reached, or the connection broke each time.
    #[error("reach {url}: {message}")]
    Network {
        /// What was asked for.
        url: String,
        /// Why.
        message: String,
    },
    /// It says no.
    #[error("get {what} from {url}: it says {status} {message}")]
    Refused {
        /// What it was asked for.
        what: String,
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
        /// What it says, escaped.
        message: String,
    },
    /// It wants to be told who asks, or does not believe it.
    #[error("log in to {registry}: {why}")]
    Unauthorized {
        /// The registry.
        registry: String,
        /// What failed.
        why: String,
    },
    /// What it answers is none of what it should.
    #[error("understand {url}: {what}")]
    Protocol {
        /// What was asked for.
        url: String,
        /// What is wrong.
        what: String,
    },
    /// A blob has other bytes than its digest says.
    #[error("trust blob {expected} of {url}: its bytes have the digest {found}")]
    Digest {
        /// Where it came from.
        url: String,
        /// Asked for.
        expected: Digest,
        /// As it is.
        found: Digest,
    },
    /// Something is larger than the limit.
    #[error("read {url}: it has more than the limit of {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// A file of credentials or certificates is broken.
    #[error("read {file}: {why}")]
    Configuration {
        /// The file, or the helper.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// The cache cannot be written.
    #[error("write the cache at {path}: {message}")]
    Cache {
        /// Where.
        path: String,
        /// Why.
        message: String,
    },
    /// What is to be pushed cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl RegistryError {
    pub(super) fn cache(path: &std::path::Path, error: &io::Error) -> Self {
        Self::Cache { path: path.display().to_string(), message: error.to_string() }
    }
}
