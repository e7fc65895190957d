//! Reading, merging, editing and writing container images.
//!
//! [`open`] finds an [`Image`] at an [`ImageRef`]; an image never changes. [`read`] walks every layer once, as a
//! stream, into a [`Tree`] (the merged root, each path knowing its layer), handing file contents to whoever asks for
//! them through [`Inspect`]. [`edit`] filters the entries of an image into a new one; [`LayoutWriter`] and
//! [`LayerWriter`] write reproducible images.

mod cache;
mod copy;
mod daemon;
mod edit;
mod entry;
mod error;
mod extract;
#[cfg(fuzzing)]
pub mod fuzzing;
mod image;
mod image_ref;
mod layer;
mod limits;
mod open;
mod read;
mod registry;
mod root;
mod source;
mod summary;
mod tar;
mod tree;
mod validate;
mod write;

pub use cache::{CacheError, CollectedBlobs, KeepBlobs, collect_blobs};
pub use copy::{Graph, copy_to_archive, copy_to_layout};
pub use daemon::{Conversation, DaemonError, Reply, ask, converse, copy_to_daemon};
pub use edit::{Addition, Change, Edit, edit};
pub use entry::{Head, Kind, Mark, Xattrs};
pub use error::ReadError;
pub use extract::{ExtractError, extract};
pub use image::{Image, Layer, Options, Places, Registries};
pub use image_ref::{ImageRef, ImageRefError, Transport};
pub use layer::{Entries, EntryReader};
pub use limits::Limits;
pub use open::{Extent, OpenError, open, open_all};
pub use read::{Ahead, Facts, Inspect, Want, read};
pub use registry::{Credential, RegistryError, copy_to_registry, referrers};
pub use root::{Flattened, copy_to_root};
pub use summary::{Beside, LayerSummary, Sized, Summary, summarise};
pub use tar::TarError;
pub use tree::{Entry, LayerContent, MergeError, NodeId, Resolved, Tree};
pub use validate::{Violation, validate};
pub use write::{LayerWriter, LayoutWriter, Style, WriteError, Written, WrittenLayer};
