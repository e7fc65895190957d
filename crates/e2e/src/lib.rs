//! End-to-end tests: the real program on real images.
//!
//! The quick ones (`tests/e2e`) harden an image that is made here, of a small server and the libraries it needs, so they need
//! no network. The slow ones (`tests/real`, `CASEHARD_SLOW=1`) harden the examples, whose images are built from
//! distribution packages, and start the results under every runtime that the machine has. What cannot run says so by name.

mod engine;
mod layout;
mod program;
mod shelf;
mod skip;

pub use engine::{ENGINES, Engine};
pub use layout::Layout;
pub use program::{casehard, code, stderr, stdout};
pub use shelf::Shelf;
pub use skip::{is_root, is_slow, sandbox_is_missing, skip, which};
