//! `casehard inspect`: what an image is, and what takes its space.

use std::io::Write as _;

use casehard_oci::Platform;

use crate::{Context, Failure, Verdict, answer::Format};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, such as app.tar, oci:DIR:TAG or docker://registry/name:tag
    image: String,
    /// Which of an image for several platforms, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    /// How many of the largest directories and files to name
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    top: usize,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let name = &arguments.image;
    let image = context.open(name, arguments.platform.as_ref())?;
    let (tree, _) = casehard_image::read(&image, &())
        .map_err(|error| Failure::cannot(format_args!("failed to read image {name}"), &error))?;
    let summary = casehard_image::summarise(&image, &tree, arguments.top);
    let mut out = context.out();
    match arguments.format {
        Format::Text => write!(out, "{summary}")?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&summary)
                .map_err(|error| Failure::cannot("failed to write the summary", &error))?;
            writeln!(out, "{json}")?;
        }
    }
    Ok(Verdict::Good)
}
