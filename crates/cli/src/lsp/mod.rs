//! A language server (Language Server Protocol 3.17) on standard input and output: diagnostics as one types, the page
//! of a rule on hover, and its fix as a quick fix.

mod document;
mod server;
mod wire;

pub use server::serve;
