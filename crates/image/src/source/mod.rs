//! The places an image is read from.

mod layout;

pub(crate) use layout::Layout;
