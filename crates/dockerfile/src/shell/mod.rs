//! The commands inside a shell text: a tolerant reading of the POSIX shell command language (IEEE Std 1003.1, chapter 2)
//! with what bash adds that build files use. It never fails; what it cannot place it passes over.

mod commands;
mod lexer;

pub use commands::{Command, Joint, Redirect, Script, ShellWord, parse};
