//! Reading maintainer scripts.
//!
//! Nothing of a script is run on this machine. Its text is parsed as a shell would parse it (POSIX.1-2024, *Shell Command
//! Language*), and evaluated against the tree in memory with a closed set of commands, each of which is written here and
//! changes nothing but that tree. A command that is not of the set has no effect and is reported.

mod ast;
mod commands;
mod evaluate;
mod expand;
mod parse;
mod pattern;
mod shell;
#[cfg(test)]
mod tests;
mod word;

pub(crate) use pattern::matching;
pub(crate) use shell::{Machine, Shell};
