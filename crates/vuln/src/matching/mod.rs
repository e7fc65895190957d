//! Which advisories concern which packages.

mod group;
mod lookup;
mod products;
mod scan;
mod subject;

pub(crate) use products::is_catalogued;
pub use scan::{Request, scan};
pub use subject::{Distribution, Subject, SubjectKind};
