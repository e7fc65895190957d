//! The workload runner: readiness, steps, signals, stop; what came back, how long it took, and whether it was right.

mod drive;
mod expect;
mod healthcheck;
mod host_name;
mod http;
mod ready;
mod result;
mod step;
mod stop;
mod words;

pub use drive::{Hooks, Setting, Which, become_ready, run, run_role};
pub use http::{Answer, HttpError, Request, request};
pub use ready::await_ready;
pub use result::{Kind, Outcome, Readiness, Run, StepRun, StopRun, Verdict};
