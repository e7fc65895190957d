//! Package repositories as APT knows them: where they are, what they sign, what they hold.

mod configuration;
mod fetch;
mod index;
mod openpgp;
mod packet;
mod release;
mod sources;
mod suite;

pub(crate) use configuration::Configuration;
pub(crate) use fetch::{Cache, Fetcher, Wanted};
pub(crate) use index::{Candidate, Index};
pub(crate) use release::Release;
pub(crate) use sources::{Repository, SignedBy, from_mirror, read_sources};
pub(crate) use suite::{Trust, packages, release};

pub use fetch::FetchError;
pub use openpgp::OpenPgpError;
pub use release::ReleaseError;
pub use sources::SourcesError;
pub use suite::SuiteError;
