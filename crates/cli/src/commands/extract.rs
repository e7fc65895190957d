//! `casehard extract`: one file out of an image.

use std::path::PathBuf;

use casehard_oci::{Platform, RootPath};

use crate::{Context, Failure, Verdict, output_file};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, such as app.tar, oci:DIR:TAG or docker://registry/name:tag
    image: String,
    /// The file in the image; symbolic links are followed inside it
    path: RootPath,
    /// Where to write it; standard output unless given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which of an image for several platforms, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let name = &arguments.image;
    let image = context.open(name, arguments.platform.as_ref())?;
    let (tree, _) = casehard_image::read(&image, &())
        .map_err(|error| Failure::cannot(format_args!("failed to read image {name}"), &error))?;
    let failed =
        |error: &casehard_image::ExtractError| Failure::cannot(format_args!("failed to extract from {name}"), error);
    match &arguments.output {
        Some(path) => {
            output_file::write_with(path, |file| {
                casehard_image::extract(&image, &tree, &arguments.path, file).map(drop).map_err(|error| failed(&error))
            })?;
        }
        None => {
            // Not the stream for text: that one may take escape sequences out.
            casehard_image::extract(&image, &tree, &arguments.path, &mut std::io::stdout().lock()).map_err(|error| {
                match error {
                    casehard_image::ExtractError::Write { source, .. } => source.into(),
                    error => failed(&error),
                }
            })?;
        }
    }
    Ok(Verdict::Good)
}
