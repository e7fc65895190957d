//! What an image is, and what takes its space.

mod text;
mod weigh;

pub use weigh::{Beside, LayerSummary, Sized, Summary, summarise};
