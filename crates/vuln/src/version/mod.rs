//! Version orders: one per packaging system, each a total preorder over all strings.
//!
//! A version from an image or a feed is never trusted to be well-formed, so every order ranks malformed text
//! too (below what is well-formed) instead of refusing it. Ranges and requirements are in [`crate::range`].

mod apk;
mod composer;
mod deb;
mod digits;
mod gem;
mod generic;
mod go;
mod maven;
mod pep440;
mod rpm;
mod scheme;
mod semver;

pub use scheme::Scheme;
