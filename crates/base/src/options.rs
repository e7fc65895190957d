//! How to build, apart from what.

use std::path::PathBuf;

use crate::Lock;

/// How to build. The library looks at neither clock nor environment; both come in here.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the recipe: its relative paths begin here.
    pub folder: PathBuf,
    /// Where downloads are kept by digest.
    pub cache: PathBuf,
    /// Where the machine's package sources are described: `/etc/apt`.
    pub apt: PathBuf,
    /// Keyrings beside those of `apt`, for mirrors and for sources that name none; those that exist count.
    pub keyrings: Vec<PathBuf>,
    /// A mirror in place of the recipe's or the machine's sources.
    pub mirror: Option<String>,
    /// Debian architecture of this machine, for recipes that name none.
    pub architecture: String,
    /// An HTTP proxy, when the machine's package sources name none.
    pub proxy: Option<String>,
    /// Hosts that are reached without it, by suffix.
    pub no_proxy: Vec<String>,
    /// Seconds since 1970, to judge releases and keys by.
    pub now: i64,
    /// Seconds since 1970 that nothing in the image is newer than; the newest file of its packages unless said.
    pub date: Option<i64>,
    /// Exactly these packages.
    pub lock: Option<Lock>,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Releases are verified and indexes read.
    Indexes,
    /// Dependencies are resolved.
    Resolve,
    /// Packages are downloaded.
    Download,
    /// Packages are read.
    Read,
    /// What maintainer scripts would make is made.
    Configure,
    /// The image is written.
    Write,
}

/// Who hears how far it is. Called from several threads.
pub trait Progress: Sync {
    /// A stage begins.
    fn stage(&self, stage: Stage);
    /// The stage has this much to do, in bytes.
    fn total(&self, bytes: u64);
    /// This much more of it is done.
    fn advance(&self, bytes: u64);
}

/// Nobody.
impl Progress for () {
    fn stage(&self, _: Stage) {}
    fn total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
}
