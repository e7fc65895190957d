//! What `casehard lint` needs of the world: finding files, reading configuration, writing what was mended.

mod baseline;
mod builder;
mod config;
mod context;
mod include;
mod known;
mod propose;
mod render;
mod run;
mod walk;

pub use baseline::Baseline;
pub use builder::Builder;
pub use config::{Configs, Extra};
pub use context::Contexts;
pub use known::{Known, Named};
pub use propose::{Proposing, propose};
pub use render::render;
pub use run::{Checked, check_all, summary};
pub use walk::{Collected, Source, collect};
