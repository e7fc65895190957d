//! One thing that a recorder saw.

use std::{fmt, net::SocketAddr, str::FromStr};

use casehard_oci::RootPath;
use serde::{Deserialize, Serialize};

/// How a path was used. Several hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Access {
    /// It was executed.
    Executed,
    /// It was mapped as a program's interpreter or library.
    Library,
    /// It was opened for reading, or its content was read.
    Read,
    /// It is a directory whose entries were listed.
    Listed,
    /// It was looked at (`stat`, `access`, `getxattr`, a directory on the way) and was there.
    Found,
    /// It is a symbolic link that was read or followed.
    Link,
    /// It was looked for and was not there.
    Missing,
    /// It was opened for writing, changed, or its metadata were.
    Written,
    /// It was not there and was created.
    Created,
    /// It was removed or renamed away.
    Removed,
}

impl Access {
    /// All of them, in their order.
    pub const ALL: [Self; 10] = [
        Self::Executed,
        Self::Library,
        Self::Read,
        Self::Listed,
        Self::Found,
        Self::Link,
        Self::Missing,
        Self::Written,
        Self::Created,
        Self::Removed,
    ];

    /// Its word, in profiles and for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Library => "library",
            Self::Read => "read",
            Self::Listed => "listed",
            Self::Found => "found",
            Self::Link => "link",
            Self::Missing => "missing",
            Self::Written => "written",
            Self::Created => "created",
            Self::Removed => "removed",
        }
    }

    /// Whether the path must be in an image for this use to go as it went.
    #[must_use]
    pub const fn needs_presence(self) -> bool {
        !matches!(self, Self::Missing | Self::Created)
    }

    /// Whether something was changed there, so that it must be writable.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Self::Written | Self::Created | Self::Removed)
    }

    /// Whether what is there was run or is a library, so that code must be allowed there.
    #[must_use]
    pub const fn runs_code(self) -> bool {
        matches!(self, Self::Executed | Self::Library)
    }
}

/// In which part of the run something was seen: `start`, `ready`, `step 3`, `healthcheck`, `stop`, `role migrate`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phase(pub std::sync::Arc<str>);

impl Phase {
    /// A phase of that name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// UDP.
    Udp(SocketAddr),
    /// A socket in the file system.
    Unix(RootPath),
    /// A socket in the abstract name space, shown escaped.
    Abstract(String),
}

/// `tcp:127.0.0.1:80`, `udp:[::1]:53`, `unix:/run/a.sock`, `abstract:name`; [`FromStr`] reads it back.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Udp(address) => write!(f, "udp:{address}"),
            Self::Unix(path) => write!(f, "unix:{path}"),
            Self::Abstract(name) => write!(f, "abstract:{name}"),
        }
    }
}

/// A text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address (expected tcp:, udp:, unix: or abstract: with what belongs to it)")]
pub struct AddressError(String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
        match kind {
            "tcp" => rest.parse().map(Self::Tcp).map_err(|_| wrong()),
            "udp" => rest.parse().map(Self::Udp).map_err(|_| wrong()),
            "unix" => rest.parse().map(Self::Unix).map_err(|_| wrong()),
            "abstract" => Ok(Self::Abstract(rest.to_owned())),
            _ => Err(wrong()),
        }
    }
}

/// Whom a process ran as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// Effective user, as the container numbers it.
    pub uid: u32,
    /// Effective group, as the container numbers it.
    pub gid: u32,
}

/// What a recorder could not see, and what follows from that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Blind {
    /// The recorder.
    pub recorder: String,
    /// What it could not see, in one sentence.
    pub what: String,
}

/// One thing that a recorder saw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observation {
    /// A path was used.
    Path {
        /// The path, with every symbolic link on the way resolved but for the last component of a [`Access::Link`].
        path: RootPath,
        /// How.
        access: Access,
        /// By which executable.
        program: Option<RootPath>,
        /// When.
        phase: Phase,
    },
    /// A program was started.
    Program {
        /// The executable.
        path: RootPath,
        /// Its arguments, shown escaped; the first is the name it was called by.
        argv: Vec<String>,
        /// Which executable started it.
        parent: Option<RootPath>,
        /// When.
        phase: Phase,
    },
    /// A socket was bound to an address.
    Bound {
        /// The address.
        address: Address,
        /// By which executable.
        program: Option<RootPath>,
    },
    /// A socket was connected to an address.
    Connected {
        /// The address.
        address: Address,
        /// By which executable.
        program: Option<RootPath>,
    },
    /// A system call was made.
    Syscall {
        /// Its name in the kernel's table, such as `openat`.
        name: String,
    },
    /// A process ran as somebody.
    Ran {
        /// As whom.
        identity: Identity,
        /// Which executable.
        program: Option<RootPath>,
    },
    /// A capability was needed for something that was done.
    Capability {
        /// Its name, such as `CAP_NET_BIND_SERVICE`.
        name: String,
        /// The operation that needed it.
        operation: String,
    },
    /// Something could not be seen.
    Blind(Blind),
}
