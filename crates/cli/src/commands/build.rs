//! `casehard build`

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use casehard_base::{Built, Lock, Options, build};
use casehard_oci::escape;

use crate::{Context, Failure, Verdict, answer::Format, output_file, recipe, stages::Stages};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The recipe
    recipe: PathBuf,
    /// Where the OCI layout is written
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// What the root begins with, in place of what the recipe says
    #[arg(long, value_name = "FLAVOUR")]
    flavour: Option<FlavourArgument>,
    /// A package mirror in place of the recipe's or the machine's sources
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
    /// Keyring to verify the mirror with, beside those of the machine; may be given several times
    #[arg(long, value_name = "FILE")]
    keyring: Vec<PathBuf>,
    /// Where the machine's package sources are described
    #[arg(long, value_name = "DIR", default_value = "/etc/apt")]
    apt: PathBuf,
    /// Exactly the packages of this file, which is written when it does not exist
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// How to say what was built
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FlavourArgument {
    Full,
    Minimal,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let mut recipe = recipe::read(&arguments.recipe)?;
    match arguments.flavour {
        Some(FlavourArgument::Full) => recipe.flavour = casehard_base::Flavour::Full,
        Some(FlavourArgument::Minimal) => recipe.flavour = casehard_base::Flavour::Minimal,
        None => {}
    }
    let options = options(arguments, context)?;
    let stages = Stages::new(context);
    let built = build(&recipe, &options, &stages, &arguments.output);
    stages.finish();
    let built = built.map_err(|error| recipe::failure(&error, &arguments.recipe))?;
    if let (Some(path), None) = (&arguments.lock, &options.lock) {
        let mut json = serde_json::to_vec_pretty(&built.lock)
            .map_err(|error| Failure::cannot("failed to write the lock", &error))?;
        json.push(b'\n');
        output_file::write(path, json)?;
    }
    match arguments.format {
        Format::Json => {
            serde_json::to_writer_pretty(context.out(), &built)
                .map_err(|error| Failure::cannot("failed to write the output", &error))?;
            writeln!(context.out())?;
        }
        Format::Text => show(&built, &arguments.output, context)?,
    }
    Ok(Verdict::Good)
}

fn options(arguments: &Arguments, context: &Context) -> Result<Options, Failure> {
    let lock = match &arguments.lock {
        Some(path) if path.exists() => {
            let bytes = fs::read(path)
                .map_err(|error| Failure::cannot(format_args!("failed to read lock {}", path.display()), &error))?;
            let lock: Lock = serde_json::from_slice(&bytes)
                .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
            Some(lock)
        }
        _ => None,
    };
    let mut options = recipe::options(&arguments.recipe, context)?;
    options.keyrings.splice(0..0, arguments.keyring.iter().cloned());
    options.apt.clone_from(&arguments.apt);
    options.mirror.clone_from(&arguments.mirror);
    options.lock = lock;
    Ok(options)
}

fn show(built: &Built, output: &Path, context: &Context) -> Result<(), Failure> {
    let mut out = context.out();
    let base = built.packages.iter().filter(|package| package.base).count();
    writeln!(out, "built  {} {}", output.display(), built.digest)?;
    for source in &built.sources {
        writeln!(out, "from   {} {} of {}", source.uri, source.suite, source.date)?;
    }
    writeln!(out, "with   {} packages, {base} of them the base", built.packages.len())?;
    for layer in &built.layers {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        writeln!(out, "layer  {:<8} {:.1} MiB, {:.1} MiB unpacked", layer.name, mib(layer.size), mib(layer.unpacked))?;
    }
    if !built.rules.is_empty() {
        let rules: Vec<String> = built.rules.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        writeln!(out, "made   {}", rules.join(", "))?;
    }
    if !built.uncovered.is_empty() {
        writeln!(out, "\nnot covered by a rule, and so without effect:")?;
        for uncovered in &built.uncovered {
            writeln!(out, "  {} {}: {}", uncovered.package, uncovered.script, escape(uncovered.command.as_bytes()))?;
        }
    }
    Ok(())
}
