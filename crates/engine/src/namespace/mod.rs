//! User namespaces: who the users of a container are on this machine, and what the machine must offer.

mod ids;
mod machine;
mod make;

pub use ids::{IdMap, Range};
pub(crate) use machine::check_kernel;
pub use machine::{Missing, diagnose};
pub use make::UserNamespace;
pub(crate) use make::make;
