//! The controls that a hardened image is meant to run under.

use std::collections::{BTreeMap, BTreeSet};

use casehard_oci::RootPath;
use serde::{Deserialize, Serialize};

use crate::Breadth;

/// The controls that a hardened image is meant to run under.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Runtime {
    /// Numeric user.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Whether the root file system is read-only.
    pub read_only: bool,
    /// Capabilities that stay, and the operation that needs each; all others are dropped.
    pub capabilities: BTreeMap<String, BTreeSet<String>>,
    /// Places that are written.
    pub writable: BTreeMap<RootPath, Writable>,
    /// Ports that are listened on, such as `8000/tcp`.
    pub ports: BTreeSet<String>,
    /// The system calls that were seen, by name.
    pub syscalls: BTreeSet<String>,
    /// What the seccomp profile allows beyond them.
    #[serde(default)]
    pub seccomp: Breadth,
}

impl Runtime {
    /// How many system calls each breadth of the seccomp profile allows.
    #[must_use]
    pub fn allowed(&self) -> [(Breadth, usize); 2] {
        Breadth::ALL.map(|breadth| (breadth, super::allowed(&self.syscalls, breadth).len()))
    }

    /// Whether a port below 1024 is listened on, which needs a setting or a privilege where the kernel's default holds.
    #[must_use]
    pub fn has_low_port(&self) -> bool {
        let number = |port: &String| port.split('/').next().and_then(|number| number.parse::<u32>().ok());
        self.ports.iter().filter_map(number).any(|port| port < 1024)
    }
}

/// A place that is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writable {
    /// What stands there.
    pub kind: WritableKind,
    /// What was written there, a few examples.
    pub evidence: BTreeSet<RootPath>,
    /// Whether files in it are run or mapped as code, which memory must be mounted `exec` for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exec: bool,
}

/// What stands at a place that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WritableKind {
    /// Memory that is empty at each start.
    Tmpfs,
    /// A volume that begins with what the image has there.
    Volume,
}
