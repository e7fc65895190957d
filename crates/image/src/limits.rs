//! Bounds on what an image may cost to read.

/// Bounds on what an image may cost to read. Each is stated in the error that it causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a manifest, index or configuration.
    pub document: u64,
    /// Bytes of all layers together, uncompressed.
    pub unpacked: u64,
    /// Uncompressed bytes of a layer per compressed byte, once it is larger than 100 MB.
    pub expansion: u64,
    /// Entries of all layers together.
    pub entries: u64,
    /// Components of a path.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { document: 8 << 20, unpacked: 64 << 30, expansion: 1100, entries: 10_000_000, depth: 512 }
    }
}
