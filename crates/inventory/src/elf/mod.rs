//! ELF files: what they say they need, and where the loader finds it.

mod candidates;
mod facts;
mod loader;
mod loader_cache;
mod peek;
#[cfg(test)]
pub(crate) mod test_program;
mod tokens;

pub use facts::{DlopenNote, Elf, ElfKind, Priority};
pub(crate) use facts::{at_address, has_sections, section};
pub use loader::{Flavour, Link, Loaded, Loader};
pub use loader_cache::LoaderCache;
pub use peek::Peek;
