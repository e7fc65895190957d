//! The embedded sandbox, as Casehard's own process sees it.

mod error;
mod output;
mod running;
mod start;

pub use error::EngineError;
pub use running::Running;
pub use start::{JoinedNetwork, Recorder, Sandbox, StartOptions, Streams};
