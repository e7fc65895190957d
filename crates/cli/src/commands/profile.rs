//! `casehard profile`: what an application really uses.

mod diff;
mod merge;
mod read;
mod record;
mod show;

pub use read::{merged, read};

use crate::{Context, Failure, Verdict};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    record: record::Arguments,
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
        None => record::run(&arguments.record, context),
        Some(Verb::Diff(arguments)) => diff::run(arguments, context),
        Some(Verb::Merge(arguments)) => merge::run(arguments, context),
        Some(Verb::Show(arguments)) => show::run(arguments, context),
    }
}
