//! Containers of Docker and Podman, through the API that both serve at their sockets (Docker Engine API);
//! Podman is asked for a container in its own.
//!
//! Beside each container a process of this program serves connections into its network and removes the container at
//! the end, also when Casehard was killed. To record, this program is mounted into the container, where it puts the
//! command under the filter of the recorder and becomes it.

mod create;
mod driven;
mod engine;
mod exec;
mod frames;
mod listener;
mod look;
mod podman;
mod program;

pub(crate) use create::SOCKET_INSIDE;
pub use driven::Driven;
pub use engine::{Daemon, DaemonNetwork, EngineKind};
