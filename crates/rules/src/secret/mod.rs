//! Secrets by what they look like. A value is never shown: a hit says what it is and where it stands.

mod assigned;
mod checks;
mod lines;
mod names;
mod patterns;
mod providers;
mod scan;
mod token;
mod wrapped;

pub use lines::{Look, SecretLine, secrets_in};
pub(crate) use names::{is_placeholder, is_secret_file, is_secret_name};
pub(crate) use scan::find;
