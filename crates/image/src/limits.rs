//! Bounds on what an image may cost to read.

/// Bounds on what an image may cost to read. Each is stated in the error that it causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a manifest, index or configuration.
    pub document: u64,
    /// Bytes of all layers together, uncompressed, holes of sparse files counted.
    pub unpacked: u64,
    /// Uncompressed bytes of a layer per compressed byte, once it is larger than 100 MB.
    pub expansion: u64,
    /// Entries of all layers together.
    pub entries: u64,
    /// Components of a path.
    pub depth: usize,
    /// Bytes of names, link targets and extended attributes of all entries together; at most 4 GiB.
    pub metadata: u64,
    /// Bytes of the extended headers of one entry (long name, long link, PAX records).
    pub extensions: u64,
}

impl Limits {
    /// Bytes of one name; no file system that Linux containers run on has longer ones (`NAME_MAX`).
    pub const NAME: usize = 255;
    /// Bytes of a symbolic link's target (`PATH_MAX`).
    pub const TARGET: usize = 4096;
    /// A layer may be this large, uncompressed, before [`Limits::expansion`] counts.
    pub const EXPANSION_FROM: u64 = 100_000_000;
    /// Layers of an image.
    pub const LAYERS: usize = 10_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: 8 << 20,
            unpacked: 64 << 30,
            expansion: 1100,
            entries: 10_000_000,
            depth: 512,
            metadata: 1 << 30,
            extensions: 1 << 20,
        }
    }
}
