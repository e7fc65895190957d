//! Recipes: images that Casehard itself puts together from distribution packages.

use std::path::{Path, PathBuf};

use casehard_base::{BuildError, Options, Recipe, build, fingerprint};
use casehard_image::{Image, ImageRef, Transport};
use casehard_oci::Digest;

use crate::{Context, Failure, stages::Stages};

/// Reads a recipe.
pub fn read(file: &Path) -> Result<Recipe, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::cannot(format_args!("failed to read recipe {shown}"), &error))?;
    Recipe::parse(&text).map_err(|error| Failure::usage(format!("{shown}: {error}")))
}

/// How to build on this machine: its package sources, keyrings, proxy and cache.
pub fn options(recipe: &Path, context: &Context) -> Result<Options, Failure> {
    let keyrings =
        ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"];
    let variable = |names: [&str; 2]| names.iter().find_map(|name| context.variable(name));
    let no_proxy = variable(["no_proxy", "NO_PROXY"]).unwrap_or_default();
    Ok(Options {
        folder: recipe.parent().unwrap_or(Path::new(".")).to_owned(),
        cache: context.cache()?,
        apt: PathBuf::from("/etc/apt"),
        keyrings: keyrings.map(PathBuf::from).to_vec(),
        mirror: None,
        architecture: debian_architecture().to_owned(),
        proxy: variable(["http_proxy", "HTTP_PROXY"]),
        no_proxy: no_proxy
            .split(',')
            .map(|entry| entry.trim().to_owned())
            .filter(|entry| !entry.is_empty())
            .collect(),
        now: context.now(),
        date: context.source_date_epoch()?,
        lock: None,
    })
}

/// Opens the image of a recipe in the cache, where it is built unless it is there as it would be now.
pub fn image(file: &Path, context: &Context) -> Result<Image, Failure> {
    let recipe = read(file)?;
    let options = options(file, context)?;
    let place = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let name = Digest::of(place.as_os_str().as_encoded_bytes()).hex();
    let output = options.cache.join("built").join(&name[..16]);
    std::fs::create_dir_all(options.cache.join("built"))
        .map_err(|error| Failure::cannot("failed to make the cache folder", &error))?;
    let inputs = inputs(&recipe, &options).map_err(|error| failure(&error, file))?;
    // Beside the image, and there only while the image is of these inputs.
    let mark = output.with_extension("inputs");
    let is_there = std::fs::read(&mark).is_ok_and(|mark| mark == inputs.as_bytes());
    if !is_there || !output.join("index.json").is_file() {
        let marking = |error: &std::io::Error| {
            Failure::cannot(format_args!("failed to write {}", mark.display()), error)
        };
        match std::fs::remove_file(&mark) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(marking(&error)),
            _ => {}
        }
        let stages = Stages::new(context);
        let built = build(&recipe, &options, &stages, &output);
        stages.finish();
        let built = built.map_err(|error| failure(&error, file))?;
        if let Some(first) = built.uncovered.first() {
            let command = casehard_oci::escape(first.command.as_bytes());
            context.say(format_args!(
                "note: {} commands of package scripts are covered by no rule and had no effect, the first is `{command}` of {}; `casehard build {} -o DIR` names all",
                built.uncovered.len(),
                first.package,
                file.display()
            ));
        }
        std::fs::write(&mark, inputs).map_err(|error| marking(&error))?;
    }
    let image_ref = ImageRef { transport: Transport::Layout(output), name: None };
    casehard_image::open(&image_ref, &casehard_image::Options::default()).map_err(|error| {
        Failure::cannot(format_args!("failed to open what {} describes", file.display()), &error)
    })
}

/// What the image of a recipe is made of and by: another build of this program may make another image.
fn inputs(recipe: &Recipe, options: &Options) -> Result<String, BuildError> {
    let program = std::env::current_exe().and_then(std::fs::metadata).ok();
    let program = program.map(|program| (program.len(), program.modified().ok()));
    Ok(format!("{} {program:?}", fingerprint(recipe, options)?))
}

/// Why a build failed, and what to do next.
pub fn failure(error: &BuildError, recipe: &Path) -> Failure {
    let failure = Failure::cannot(format_args!("failed to build {}", recipe.display()), error);
    match error {
        BuildError::NoSource { .. } => {
            failure.hint("give a mirror with --mirror, or another suite in the recipe")
        }
        BuildError::Suite(casehard_base::SuiteError::NoKeyring(_)) => {
            failure.hint("install the archive's keyring package, or give its keyring with --keyring")
        }
        BuildError::Locked { .. } | BuildError::Pinned { .. } => {
            failure.hint("remove the lock to take what the suites have now")
        }
        _ => failure,
    }
}

/// Debian's name for the processor this was compiled for.
const fn debian_architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "arm64"
    } else if cfg!(target_arch = "x86") {
        "i386"
    } else if cfg!(target_arch = "arm") {
        "armhf"
    } else if cfg!(target_arch = "riscv64") {
        "riscv64"
    } else if cfg!(target_arch = "powerpc64") {
        "ppc64el"
    } else if cfg!(target_arch = "s390x") {
        "s390x"
    } else {
        "amd64"
    }
}
