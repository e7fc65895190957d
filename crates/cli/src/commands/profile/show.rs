//! `casehard profile show`

use std::{io::Write as _, path::PathBuf};

use casehard_oci::RootPath;
use casehard_profile::{Access, Listing, Phase};

use super::read::read;
use crate::{Context, Failure, Verdict, answer::Format};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The profile; - is standard input
    #[arg(value_name = "PROFILE")]
    file: PathBuf,
    /// List each path, rather than counting them by directory
    #[arg(long)]
    paths: bool,
    /// Only paths below this one
    #[arg(long, value_name = "PATH")]
    below: Option<RootPath>,
    /// Only paths used in this way
    #[arg(long, value_name = "USE", value_parser = access())]
    used: Option<Access>,
    /// Only paths used by this program
    #[arg(long, value_name = "PATH")]
    by: Option<RootPath>,
    /// Only paths used in this part of the run, such as `ready`, `step 3` or `stop`
    #[arg(long, value_name = "PHASE")]
    during: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The words of [`Access`], for the help and for completion.
fn access() -> impl clap::builder::TypedValueParser<Value = Access> {
    use clap::builder::TypedValueParser as _;
    let words = clap::builder::PossibleValuesParser::new(Access::ALL.map(Access::as_str));
    words.try_map(|word| Access::ALL.into_iter().find(|access| access.as_str() == word).ok_or("an unknown use"))
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let profile = read(&arguments.file)?;
    let listing = Listing {
        every_path: arguments.paths,
        below: arguments.below.clone(),
        access: arguments.used,
        program: arguments.by.clone(),
        phase: arguments.during.as_deref().map(Phase::new),
    };
    let bytes = match arguments.format {
        Format::Text => profile.to_text(&listing).into_bytes(),
        Format::Json => profile.only(&listing).to_json(),
    };
    context.out().write_all(&bytes)?;
    Ok(Verdict::Good)
}
