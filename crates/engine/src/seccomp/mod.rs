//! System call filters (`seccomp(2)`): names and numbers of calls, rules made into BPF, and profiles in the JSON form
//! of Docker.

mod architecture;
mod assemble;
mod listening;
mod profile;

pub use architecture::{Architecture, call_name, call_number};
pub use assemble::{Comparison, Condition, Rules, Verdict, assemble};
pub use listening::Listening;
pub use profile::{ProfileError, compile};
