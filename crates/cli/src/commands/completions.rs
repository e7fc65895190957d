//! `casehard completions`

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::{Context, Failure, Verdict};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell
    shell: clap_complete::Shell,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Arguments::command(), "casehard", &mut script);
    context.out().write_all(&script)?;
    Ok(Verdict::Good)
}
