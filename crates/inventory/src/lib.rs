//! What is in an image: packages, whose each file is, and what files need. No network.
//!
//! [`catalog`] reads an [`Image`](casehard_image::Image) once, as a stream, and hands files to the catalogers; what
//! they say is joined into an [`Inventory`]. [`elf`] answers as the dynamic loader of the image would.
//!
//! Which of it is vulnerable is left to `casehard-vuln`, and what may be removed to `casehard-harden`.

mod catalog;
mod cataloger;
mod catalogers;
mod control;
pub mod elf;
mod facts;
mod inventory;
mod join;
mod names;
mod os_release;
mod own;
mod package;
mod pattern;
pub mod purl;
pub mod sbom;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use catalog::{Both, Catalog, Found, catalog, catalog_with, survey, survey_with};
pub use cataloger::{Cataloger, File, Piece, Pieces, Reads, Says, Subject};
pub use catalogers::ALL as CATALOGERS;
pub use facts::{
    Depth, ELF_LIMIT, FileFacts, Import, Language, NodeManifest, PythonSource, SOURCE_LIMIT, Script, Source,
    TEXT_LIMIT, When, keeps_text,
};
pub use inventory::{Inventory, Unknown};
pub use names::Names;
pub use os_release::OsRelease;
pub use package::{
    Dependency, Detail, Ecosystem, Evidence, FileDigest, Need, Package, PackageId, Presence,
    PythonDistribution, Requirement, RpmPackage, SourcePackage,
};
