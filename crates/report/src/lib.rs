//! Results as documents: text for a terminal, JSON for programs, and what code hosts and CI systems show.
//!
//! A [`Report`] is the published form of what hardening an image yielded, frozen apart from the types inside; every
//! rendering is drawn from it. Nothing is decided here, and nothing is read or written.

mod advisories;
mod amount;
mod diff;
mod document;
pub mod findings;
mod format;
mod from_hardening;
mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod sarif;
mod scan;
#[cfg(test)]
mod schema;
mod shown;
mod table;
mod text;

pub use advisories::{Advisories, Feed, Vulnerability};
pub use diff::diff_text;
pub use document::{
    Amounts, BaseImage, Before, Check, Controls, Count, Durations, Image, Note, Package, Packages, Paths,
    Permission, Place, Repair, Report, Run, Setting, Side, Stage, Step, Verdict,
};
pub use format::{Format, FormatError, render};
pub use github::github;
pub use html::html;
pub use json::{ReportError, json, parse};
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use scan::{ScanFormat, explain, scan};
pub use text::text;
