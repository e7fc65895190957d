//! `casehard audit`

mod text;

use std::{borrow::Cow, io::Write as _, path::PathBuf};

use casehard_finding::Finding;
use casehard_image::{Image, ReadError, Tree};
use casehard_inventory::{Both, Inventory, survey_with};
use casehard_oci::Platform;
use casehard_rules::{
    FileContents, FileHashes, NoSecrets, Secrets, Settings, Verified, advise, check_image, cis_section_4,
};

use crate::{
    Context, Failure, Verdict,
    findings::{self, Format, Shown, Threshold},
    lint::{Configs, Extra},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, such as app.tar, oci:DIR:TAG or docker://registry/name:tag
    image: String,
    /// Which of an image for several platforms, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    /// How to show what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Rules not to run, by name or by another tool's code
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Rules to run although they are off by default; `all` for every rule
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    enable: Vec<String>,
    /// Run only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    only: Vec<String>,
    /// The least severity that makes the answer no
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<Threshold>,
    /// What `casehard profile` learnt of the image, for the advice what to move to
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Do not search the contents of files for secrets
    #[arg(long)]
    no_secrets: bool,
    /// Compare installed files with the digests of the package database, which hashes every file
    #[arg(long)]
    verify_packages: bool,
    /// Configuration file [default: casehard.toml in the working folder and those above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let name = &arguments.image;
    let mut configs = Configs::new(arguments.config.as_deref())?;
    configs.command_line = Extra {
        ignore: arguments.ignore.clone(),
        enable: arguments.enable.clone(),
        only: arguments.only.clone(),
        honour_comments: true,
        today: context.today(),
    };
    let settings = configs.settings(None)?;
    let threshold = arguments.fail_on.or(configs.fail_on()).unwrap_or(Threshold::High);
    let image = context.open(name, arguments.platform.as_ref())?;
    let profile = arguments.profile.as_deref().map(super::read_profile).transpose()?;
    let (findings, tree, inventory, verified) = audit(&image, arguments, &settings)
        .map_err(|error| Failure::cannot(format_args!("failed to read image {name}"), &error))?;
    let shown = [Shown { file: name, text: Cow::Borrowed(""), findings: &findings }];
    let mut out = context.out();
    if arguments.format == Format::Text {
        out.write_all(text::findings(&findings).as_bytes())?;
        let trusts = !settings.trusted_registries.is_empty();
        out.write_all(text::sections(&cis_section_4(&findings, trusts)).as_bytes())?;
        out.write_all(text::verified(verified.as_ref()).as_bytes())?;
        out.write_all(text::advice(&advise(&image, &tree, &inventory, profile.as_ref())).as_bytes())?;
    } else {
        out.write_all(findings::render(arguments.format, &shown).as_bytes())?;
    }
    if !inventory.unknowns.is_empty() {
        context.say(format_args!("{} files could not be read as what they are; what they hold was not judged", inventory.unknowns.len()));
    }
    let fails = findings.iter().any(|finding| threshold.fails(finding.severity));
    Ok(if fails { Verdict::No } else { Verdict::Good })
}

/// Reads the image once, and runs the rules over it.
fn audit(
    image: &Image,
    arguments: &Arguments,
    settings: &Settings,
) -> Result<(Vec<Finding>, Tree, Inventory, Option<Verified>), ReadError> {
    let hashes = FileHashes::new(arguments.verify_packages);
    let (tree, inventory, mut contents, hashed) = if arguments.no_secrets {
        let (tree, inventory, facts) = survey_with(image, &Both(&NoSecrets, &hashes))?;
        (tree, inventory, FileContents::default(), facts.unzip().1)
    } else {
        let secrets = Secrets::new();
        let (tree, inventory, facts) = survey_with(image, &Both(&secrets, &hashes))?;
        let (facts, hashed) = facts.unzip();
        let found = secrets.finish(&tree, &facts);
        (tree, inventory, found, hashed)
    };
    contents.verified = hashes.finish(&tree, &inventory, &hashed);
    Ok((check_image(image, &tree, &inventory, &contents, settings), tree, inventory, contents.verified))
}
