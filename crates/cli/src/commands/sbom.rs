//! `casehard sbom`

use std::{io::Write as _, path::PathBuf};

use casehard_inventory::sbom::{CycloneDxVersion, Format, Sbom, Select, Stamp};
use casehard_oci::Platform;

use crate::{Context, Failure, Verdict, output_file};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image
    image: String,
    /// How to write it
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    format: FormatName,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only these catalogers or ecosystems (dpkg, python, npm, …)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    select: Vec<String>,
    /// Not these catalogers or ecosystems
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    exclude: Vec<String>,
    /// squashed: what a container sees; all-layers: also what later layers hide
    #[arg(long, value_enum, default_value = "squashed", value_name = "SCOPE")]
    scope: Scope,
    /// The platform of an image for several
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scope {
    Squashed,
    AllLayers,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FormatName {
    /// Columns for people
    Table,
    /// CycloneDX 1.6
    Cyclonedx,
    /// CycloneDX 1.5
    #[value(name = "cyclonedx-1.5")]
    Cyclonedx15,
    /// CycloneDX 1.7
    #[value(name = "cyclonedx-1.7")]
    Cyclonedx17,
    /// SPDX 2.3, JSON
    Spdx,
    /// SPDX 2.3, tag-value
    SpdxTagValue,
    /// Everything, in Casehard's own JSON
    Json,
    /// One package URL per line
    Purl,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Table => Self::Table,
            FormatName::Cyclonedx => Self::CycloneDx(CycloneDxVersion::V1_6),
            FormatName::Cyclonedx15 => Self::CycloneDx(CycloneDxVersion::V1_5),
            FormatName::Cyclonedx17 => Self::CycloneDx(CycloneDxVersion::V1_7),
            FormatName::Spdx => Self::SpdxJson,
            FormatName::SpdxTagValue => Self::SpdxTagValue,
            FormatName::Json => Self::Json,
            FormatName::Purl => Self::Purls,
        }
    }
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let image = context.open(&arguments.image, arguments.platform.as_ref())?;
    let failed = |error| Failure::cannot(format_args!("failed to read image {}", arguments.image), &error);
    let (tree, inventory) = casehard_inventory::survey(&image).map_err(failed)?;
    let select = Select { only: arguments.select.clone(), except: arguments.exclude.clone(), unowned: true };
    let sbom = match arguments.scope {
        Scope::Squashed => Sbom::of(&image, &tree, &inventory, &select),
        Scope::AllLayers => Sbom::of_all_layers(&image, &tree, &inventory, &select).map_err(failed)?,
    };
    let stamp = Stamp { created: context.date()?, tool_version: env!("CARGO_PKG_VERSION").to_owned() };
    let bytes = sbom.write(arguments.format.into(), &stamp);
    match &arguments.output {
        Some(path) => output_file::write(path, bytes)?,
        None => context.out().write_all(&bytes)?,
    }
    if !sbom.unknowns.is_empty() {
        context.say(format_args!("{} files could not be read as what they are", sbom.unknowns.len()));
    }
    Ok(Verdict::Good)
}
