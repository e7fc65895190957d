//! What to start.

use std::{collections::BTreeMap, time::Duration};

use casehard_oci::RootPath;
use serde::{Deserialize, Serialize};

/// How a container is started. Nothing is read from the image's configuration; the caller resolved it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The command; its first word is looked up in the `PATH` of `env` inside the container.
    pub argv: Vec<String>,
    /// `NAME=value` pairs.
    pub env: Vec<String>,
    /// Working directory; made when it is not there, as runtimes do.
    pub workdir: RootPath,
    /// `user[:group]` by name or number, looked up in the container's own `/etc/passwd` and `/etc/group`.
    pub user: String,
    /// Host name.
    pub hostname: String,
    /// Whether the root is read-only.
    pub read_only: bool,
    /// Further mounts.
    pub mounts: Vec<Mount>,
    /// Capabilities to keep, by name (`CAP_NET_BIND_SERVICE`); all others are dropped.
    pub capabilities: Vec<String>,
    /// Whether `no_new_privs` is set.
    pub no_new_privileges: bool,
    /// A seccomp profile in the JSON form of Docker, to be installed.
    pub seccomp: Option<Vec<u8>>,
    /// What it may use.
    pub limits: Limits,
    /// Which network it sees.
    pub network: Network,
    /// Names that resolve inside, beside `localhost`.
    pub hosts: BTreeMap<String, std::net::IpAddr>,
}

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Where.
    pub path: RootPath,
    /// What.
    pub kind: MountKind,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MountKind {
    /// An empty directory in memory.
    Tmpfs {
        /// Permission bits of its root.
        mode: u32,
        /// Bytes.
        size: u64,
        /// Owner of its root, as the container numbers users.
        uid: u32,
        /// Group of its root, as the container numbers groups.
        gid: u32,
        /// Whether files in it may be run and mapped as code.
        exec: bool,
    },
    /// A writable directory that begins as a copy of what the image has there, owners and modes included: a volume.
    Volume,
}

/// What a container may use. `None` means no bound of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of memory of all processes together, where the machine can bound that, else of each one.
    pub memory: Option<u64>,
    /// Processes and threads.
    pub processes: Option<u64>,
    /// Wall time from start to the end of the last process.
    pub time: Option<Duration>,
    /// Bytes that may be written to the root.
    pub disk: Option<u64>,
}

/// Which network a container sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Network {
    /// Loopback only, of its own.
    Loopback,
    /// That of another running container.
    Shared(u64),
    /// A network of several containers, by its number, and the address in it: see [`crate::JoinedNetwork`].
    Joined(u64, std::net::Ipv4Addr),
}

/// A further command in a running container.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Exec {
    /// The command.
    pub argv: Vec<String>,
    /// Variables beside those of the container.
    pub env: Vec<String>,
    /// As whom; as the container's user when absent.
    pub user: Option<String>,
    /// What it reads.
    pub stdin: Vec<u8>,
    /// How long it may take until it is killed.
    pub within: Option<Duration>,
}
