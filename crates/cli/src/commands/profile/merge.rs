//! `casehard profile merge`

use std::{io::Write as _, path::PathBuf};

use casehard_profile::Profile;

use super::read::read;
use crate::{Context, Failure, Verdict, output_file};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The profiles; - is standard input
    #[arg(required = true, value_name = "PROFILE")]
    files: Vec<PathBuf>,
    /// Where to write the merged profile; standard output unless given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let mut merged = Profile::default();
    for file in &arguments.files {
        merged.merge(read(file)?);
    }
    let bytes = merged.to_json();
    match &arguments.output {
        Some(file) => output_file::write(file, bytes)?,
        None => context.out().write_all(&bytes)?,
    }
    Ok(Verdict::Good)
}
