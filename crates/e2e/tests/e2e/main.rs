//! The whole job on a small image, without network.
#![expect(clippy::unwrap_used, reason = "tests")]

mod broken_input;
mod engines;
mod exit_codes;
mod full_disk;
mod killed;
mod outputs;
mod plan;
