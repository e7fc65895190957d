//! Names and documents of the OCI image specification, and nothing that reads or writes them.
//!
//! A [`Digest`] names bytes, a [`Reference`] names an image in a registry, a [`RootPath`] names a place inside an
//! image. [`Index`], [`Manifest`] and [`ImageConfig`] are the documents of the image specification 1.1 together
//! with the fields Docker adds; fields that this crate does not know survive a round trip.
//!
//! I/O is left to `casehard-image`.

mod config;
mod digest;
mod manifest;
mod media_type;
mod path;
mod platform;
mod reference;

pub use config::{Container, Healthcheck, History, ImageConfig, RootFs};
pub use digest::{Digest, DigestError, Hasher};
pub use manifest::{Descriptor, Index, Manifest};
pub use media_type::{Compression, MediaType};
pub use path::{PathError, RootPath, escape};
pub use platform::{Platform, PlatformError};
pub use reference::{Reference, ReferenceError};
