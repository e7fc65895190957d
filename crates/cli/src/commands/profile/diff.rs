//! `casehard profile diff`

use std::{io::Write as _, path::PathBuf};

use super::read::read;
use crate::{Context, Failure, Verdict};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The profile before; - is standard input
    before: PathBuf,
    /// The profile after
    after: PathBuf,
    /// Exit with 1 when the application does something else
    #[arg(long)]
    exit_code: bool,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let changes = read(&arguments.before)?.diff(&read(&arguments.after)?);
    write!(context.out(), "{changes}")?;
    if changes.is_empty() {
        context.say("both profiles say the same");
    }
    Ok(if arguments.exit_code && !changes.is_empty() { Verdict::No } else { Verdict::Good })
}
