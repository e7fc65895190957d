//! The report as one page for a browser: no script, nothing loaded from anywhere, readable in the light, in the dark
//! and on paper.

mod charts;
mod page;
mod paths;
mod tables;
mod treemap;

pub use page::html;
