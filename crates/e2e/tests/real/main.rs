//! The examples, hardened, and started under every runtime of this machine: `CASEHARD_SLOW=1 cargo test -p casehard-e2e`.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bundle;
mod driven;
mod engines;
mod hardened;
mod policies;
mod rewrite;
mod runtimes;
mod serving;
