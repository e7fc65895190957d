//! What rules about built images look at.

mod accounts;
mod certificates;
mod input;
mod run;
mod secrets;
mod start;
mod verified;

pub(crate) use accounts::{Account, without_password};
pub(crate) use input::{Input, config, field, place};
pub(crate) use run::check;
pub(crate) use secrets::secret_by_name;
pub use secrets::{FileContents, FoundSecret, NoSecrets, SecretFacts, Secrets};
pub(crate) use start::Start;
pub use verified::{AlteredFile, FileHashes, Hashes, Verified};

// What rule files use, so that each needs one line.
#[rustfmt::skip]
pub(crate) use crate::{check::rule, report::Report};
