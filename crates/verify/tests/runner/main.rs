//! The workload runner against a small server on a real socket and real commands. Containers proper are the matter of
//! the end-to-end tests.

mod compared;
mod http;
mod server;
mod steps;
