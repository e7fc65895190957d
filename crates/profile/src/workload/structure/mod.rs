//! Container structure tests (`schemaVersion: 2.0.0`), the format of the tool of that name, as a second way to say
//! what an image must do. Commands become steps of a workload; what is said of files and of the configuration is held
//! against the image itself, by `casehard-verify`.

mod grammar;
mod model;
mod read;

pub use model::{Commands, ContentTest, ExecutableBy, FileTest, MetadataTest, Setting, StructureTest};
pub use read::parse;
