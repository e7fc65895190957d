//! Registries (OCI distribution specification 1.1).

mod blob;
mod challenge;
mod client;
mod credentials;
mod error;
mod mirrors;
mod pull;
mod push;
mod referrers;
mod tls;

pub(crate) use client::Client;
pub use credentials::Credential;
pub use error::RegistryError;
pub(crate) use pull::Remote;
pub use push::copy_to_registry;
pub use referrers::referrers;

/// Reads what stands in headers of an answer, for the fuzzer.
#[cfg(fuzzing)]
pub(crate) fn read_headers(text: &str) {
    let _ = challenge::Challenge::parse(text);
    if let Some(address) = referrers::next_of(text) {
        assert!(text.contains(address));
    }
}
