//! Container structure tests held against an image: its paths, the contents of its files, its configuration. The
//! commands of such tests are steps of a workload ([`StructureTest::steps`]).
//!
//! [`StructureTest::steps`]: casehard_profile::workload::structure::StructureTest::steps

mod contents;
mod files;
mod metadata;
mod tests_of;

pub use tests_of::structure;
