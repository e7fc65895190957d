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

pub(crate) use client::Client;
pub use credentials::Credential;
pub use error::RegistryError;
pub(crate) use pull::Remote;
pub use push::copy_to_registry;
pub use referrers::referrers;
