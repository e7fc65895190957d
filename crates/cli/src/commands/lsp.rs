//! `casehard lsp`

use std::{io, path::PathBuf};

use crate::{
    Context, Failure, Verdict,
    lint::{Configs, Extra},
    lsp,
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Configuration file [default: casehard.toml in each file's folder and those above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Speak over standard input and output, the only way there is; editors pass it
    #[arg(long)]
    stdio: bool,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let mut configs = Configs::new(arguments.config.as_deref())?;
    configs.command_line = Extra { honour_comments: true, today: context.today(), ..Extra::default() };
    let _ = arguments.stdio;
    let ended = lsp::serve(&mut io::stdin().lock(), io::stdout().lock(), &configs)
        .map_err(|error| Failure::cannot("failed to talk to the editor", &error))?;
    Ok(if ended { Verdict::Good } else { Verdict::No })
}
