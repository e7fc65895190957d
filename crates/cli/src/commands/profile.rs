//! `casehard profile`: what an application really uses.

mod diff;
mod merge;
mod read;
mod show;

pub use read::read;

use crate::{Context, Failure, Verdict};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Tell what changed from one profile to another
    Diff(diff::Arguments),
    /// Put several profiles together
    Merge(merge::Arguments),
    /// Show a profile
    Show(show::Arguments),
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    match &arguments.verb {
        Verb::Diff(arguments) => diff::run(arguments, context),
        Verb::Merge(arguments) => merge::run(arguments, context),
        Verb::Show(arguments) => show::run(arguments, context),
    }
}
