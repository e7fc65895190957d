//! Dockerfiles and `.dockerignore` files, read as BuildKit reads them and without losing a byte.
//!
//! [`Dockerfile::parse`] never fails: what BuildKit would refuse becomes a [`Problem`] and the rest is still read.
//! Every word knows the bytes it came from, through continuations, comments and here-documents ([`Mapped`]).
//! [`Model`] adds what the instructions mean together: stages with what they inherit, variables with *unknown* as a
//! value, user, shell and working directory at each instruction. [`shell`] finds the commands inside `RUN`.
//!
//! Judging any of it is left to `casehard-rules`.

mod arguments;
mod document;
mod expand;
mod heredoc;
mod ignore_file;
mod mapped;
mod model;
mod mount;
mod parse;
pub mod shell;
mod validate;

pub use document::{
    Arguments, Directive, Dockerfile, Escape, Flag, Form, Heredoc, Instruction, Item, ItemKind, Keyword,
    Pair, Problem, ProblemKind, Word,
};
pub use expand::{Lookup, Value, expand};
pub use ignore_file::{IgnoreFile, IgnorePattern, PatternError};
pub use mapped::Mapped;
pub use model::{Base, Model, ShellKind, Stage, State, UserState};
pub use mount::Mount;
