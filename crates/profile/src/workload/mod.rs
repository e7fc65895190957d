//! How an application is run: the description in `casehard.yaml`, its types, its parser and its JSON Schema.

mod duration;
mod grammar;
mod merge;
mod mistake;
mod model;
mod pattern;
mod read;
mod reference;
mod scalar;
mod schema;
mod signal;
pub mod structure;
mod url;
mod validate;
mod words;
mod yaml;

pub use duration::{DurationError, format_duration, parse_duration};
pub use merge::Conflict;
pub use mistake::Mistake;
pub use model::{
    Action, Check, Condition, Expect, Mask, Options, Ready, Role, Selection, Service, Start, Step, Stop,
    Workload,
};
pub use pattern::{Channel, Pattern};
pub use read::parse;
pub use reference::reference;
pub use schema::schema;
pub use signal::{signal_name, signal_number};
pub use url::{Endpoint, Url, UrlError};
pub use words::{WordsError, split_words};
