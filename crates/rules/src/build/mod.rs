//! What rules about Dockerfiles look at.

mod application;
mod calls;
mod context;
mod exec_form;
mod ignore;
mod input;
mod libc;
mod packages;
mod reference;
mod run;
mod sh;
mod unpinned;
mod words;

pub(crate) use application::{Bundler, version};
pub(crate) use calls::{Call, Step};
pub(crate) use context::excluded;
pub use context::{BuildContext, ContextProgram, ContextSecret, CopySource, copy_sources};
pub(crate) use exec_form::{exec_form, is_string_array};
pub(crate) use ignore::{IgnoreInput, check_ignore};
pub(crate) use input::Input;
pub(crate) use libc::Libc;
pub(crate) use packages::{Install, Manager};
pub(crate) use reference::ImageName;
pub(crate) use run::check;
pub(crate) use sh::{Expanded, Sh, expansions, is_unsplit, part, quoted, quoted_in};
pub(crate) use unpinned::unpinned;
pub(crate) use words::{is_address, is_archive, ports};

// What rule files use, so that each needs one line.
#[rustfmt::skip]
pub(crate) use crate::{check::rule, report::{Found, Report, insert, replace}, shells::{is_posix_shell, is_shell}};
#[rustfmt::skip]
pub(crate) use casehard_dockerfile::{Arguments, Base, Form, Keyword, ProblemKind, Value, shell::Joint};
