//! The advisory store: one flat file, mapped and not loaded, every read of it bounds-checked.
//!
//! ```text
//! magic, version, length of the file
//! section table: offset and length of each
//! strings     length-prefixed UTF-8, each once
//! packages    sorted (key, rows offset, rows length), 12 bytes each; a key is `ecosystem NUL name`
//! rows        the statements on each package
//! ids         sorted (id, record offset, record length), 12 bytes each
//! records     what is known on each id
//! aliases     sorted (alias, id), 8 bytes each
//! epss        sorted (CVE number, probability, percentile), 16 bytes each
//! exploited   sorted (id, record offset, record length), 12 bytes each
//! cycles      sorted (product, record offset, record length), 12 bytes each
//! meta        JSON: when it was built, and from which sources
//! ```
//! All integers are little-endian. A file that lies about an offset yields [`StoreError::Corrupt`], never a panic.

mod build;
mod bytes;
mod codec;
mod error;
mod layout;
mod merge;
mod open;

pub use build::{Builder, Meta};
pub use error::StoreError;
pub use open::{PackageRows, Status, Store};
