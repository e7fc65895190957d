//! The catalogers, one file each.

mod dpkg;
mod python;

use crate::Cataloger;

/// Every cataloger.
pub static ALL: &[&Cataloger] = &[&dpkg::DPKG, &python::PYTHON];
