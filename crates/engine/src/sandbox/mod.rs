//! The embedded sandbox, as Casehard's own process sees it.

mod error;
mod output;
mod running;
mod start;

pub use error::EngineError;
pub(crate) use output::{KEPT, Log};
pub use running::Running;
pub(crate) use running::{connect, host, request};
pub(crate) use start::next_id;
pub use start::{JoinedNetwork, Recorder, Sandbox, StartOptions, Streams};
