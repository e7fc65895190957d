//! `casehard diff`: what differs between two images.

use std::io::Write as _;

use casehard_image::Image;
use casehard_oci::Platform;
use casehard_verify::{
    diff::{Times, diff},
    job::Read,
};

use crate::{Context, Failure, Verdict, answer::Format};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The first image
    before: String,
    /// The second image
    after: String,
    /// Which of an image for several platforms, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    /// Compare times too
    #[arg(long)]
    times: bool,
    /// Lines of each part
    #[arg(long, value_name = "COUNT", default_value_t = 40)]
    rows: usize,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let read = |name: &str| -> Result<(Image, Read), Failure> {
        let image = context.open(name, arguments.platform.as_ref())?;
        let read = Read::new(&image)
            .map_err(|error| Failure::cannot(format_args!("failed to read image {name}"), &error))?;
        Ok((image, read))
    };
    let (one, two) = (read(&arguments.before)?, read(&arguments.after)?);
    let times = if arguments.times { Times::Compared } else { Times::Passed };
    let found = diff((&one.0, &one.1), (&two.0, &two.1), times)
        .map_err(|error| Failure::cannot("failed to compare the files of the images", &error))?;
    let text = match arguments.format {
        Format::Text => casehard_report::diff_text(&found, context.columns(), arguments.rows),
        Format::Json => serde_json::to_string_pretty(&found).unwrap_or_default() + "\n",
    };
    context.out().write_all(text.as_bytes())?;
    Ok(if found.is_empty() { Verdict::Good } else { Verdict::No })
}
