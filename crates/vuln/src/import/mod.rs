//! Reading publishers' feeds from copies of them: folders, archives and single files.
//!
//! Each document is recognised by its shape, so that a folder of mixed feeds can be imported at once. A document that
//! cannot be read is counted and named; it does not stop the others.

mod cve;
mod debian_lists;
mod debian_tracker;
mod documents;
mod endoflife;
mod epss;
mod feed;
mod intake;
mod kev;
mod node;
mod nvd;
mod osv;
mod osv_ranges;
mod php;
mod recognise;
mod redhat;
mod releases;
mod retire;
mod ruby;
mod secdb;
mod sources;
mod ubuntu;
mod updateinfo;
mod wolfi;
mod xml;
mod yaml;

pub use feed::{ImportError, Imported, import, import_document};
pub(crate) use releases::debian as debian_release;
pub use sources::source;
pub(crate) use updateinfo::repository_file;
pub(crate) use yaml::read as read_yaml;
