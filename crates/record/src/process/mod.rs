//! The recorder's own process: it is root of the container's user namespace, so that nothing of the container is
//! closed to it, and outside of the container's other namespaces.

mod addresses;
mod paths;
mod recorder;
mod rights;
mod serve;

pub(crate) use recorder::{Recorder, serve as serve_listener};
pub(crate) use serve::{Command, Report, Witnesses, enter_if_asked, start};
