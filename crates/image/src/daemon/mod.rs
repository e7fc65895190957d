//! The stores of Docker and Podman, through their sockets (Docker Engine API, `ImageGet` and `ImageLoad`, which Podman
//! serves too).

mod error;
mod http;
mod images;

pub use error::DaemonError;
pub use images::copy_to_daemon;
pub(crate) use images::save;
