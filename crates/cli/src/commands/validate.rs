//! `casehard validate`: whether an image is what its documents say.

use std::io::Write as _;

use casehard_oci::Platform;

use crate::{Context, Failure, Verdict};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, such as app.tar, oci:DIR:TAG or docker://registry/name:tag
    image: String,
    /// Which of an image for several platforms, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let image = context.open(&arguments.image, arguments.platform.as_ref())?;
    let violations = casehard_image::validate(&image);
    let mut out = context.out();
    for violation in &violations {
        writeln!(out, "{violation}")?;
    }
    if violations.is_empty() {
        writeln!(out, "{} is what its documents say: {} layers", image.digest(), image.layers().len())?;
        return Ok(Verdict::Good);
    }
    Ok(Verdict::No)
}
