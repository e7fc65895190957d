//! The workload a person names, and the image it is for.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use casehard_image::Image;
use casehard_oci::{Digest, Platform};
use casehard_profile::{
    Workload,
    workload::{
        self,
        structure::{self, StructureTest},
    },
};
use casehard_verify::job::{Place, Setup};

use crate::{Context, Failure};

/// Arguments of commands that run a workload.
#[derive(Debug, Default, clap::Args)]
pub struct Named {
    /// The image; the workload's own `image:` or `recipe:` unless given
    pub image: Option<String>,
    /// How the application is used [default: start it and stop it]
    #[arg(long, short, value_name = "FILE")]
    pub workload: Option<PathBuf>,
    /// Container structure tests (schemaVersion 2.0.0), whose commands are further steps and whose files, contents and
    /// configuration are looked at in the image
    #[arg(long, value_name = "FILE")]
    pub structure: Vec<PathBuf>,
    /// Which platform of an image for several, such as linux/arm64
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<Platform>,
}

/// A workload with what belongs to it.
pub struct Loaded {
    /// The description.
    pub workload: Workload,
    /// The digest of its text.
    pub digest: Digest,
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
    /// The image.
    pub image: Image,
    /// The images of its services, by name.
    pub services: BTreeMap<String, Image>,
    /// Structure tests, whose commands are among the steps already.
    pub structure: Vec<StructureTest>,
}

impl Loaded {
    /// How the application is used, and where that is tried.
    pub fn setup<'a>(&'a self, place: &'a dyn Place) -> Setup<'a> {
        Setup {
            workload: &self.workload,
            directory: &self.folder,
            services: &self.services,
            place,
            structure: &self.structure,
        }
    }
}

/// Reads the workload and opens the image; a recipe is built first.
pub fn load(arguments: &Named, context: &Context) -> Result<Loaded, Failure> {
    let (mut workload, digest, folder) = match &arguments.workload {
        Some(file) => read(file)?,
        None => (Workload::default(), Digest::of(b""), PathBuf::from(".")),
    };
    let platform = arguments.platform.as_ref();
    let image = match (&arguments.image, &workload.image, &workload.recipe) {
        (Some(image), ..) => context.open(image, platform)?,
        (None, Some(image), _) => context.open(&relative(&folder, image), platform)?,
        (None, None, Some(recipe)) => crate::recipe::image(&folder.join(recipe), context)?,
        (None, None, None) => {
            return Err(Failure::usage("no image is named")
                .hint("name one as the first argument, or write `image:` or `recipe:` into the workload"));
        }
    };
    let services = services(&workload, &folder, context)?;
    let mut structure = Vec::new();
    for file in &arguments.structure {
        let test = read_structure(file)?;
        let of_image = |name: &str| image.config().config.env(name).map(str::to_owned);
        workload.steps.extend(test.steps(of_image));
        structure.push(test);
    }
    Ok(Loaded { workload, digest, folder, image, services, structure })
}

/// Opens the images of the services; recipes are built.
fn services(
    workload: &Workload,
    folder: &Path,
    context: &Context,
) -> Result<BTreeMap<String, Image>, Failure> {
    let mut images = BTreeMap::new();
    for (name, service) in &workload.services {
        let image = match (&service.image, &service.recipe) {
            (Some(image), _) => context.open(&relative(folder, image), None)?,
            (None, Some(recipe)) => crate::recipe::image(&folder.join(recipe), context)?,
            (None, None) => {
                return Err(Failure::usage(format!("the service {name} has neither `image` nor `recipe`")));
            }
        };
        images.insert(name.clone(), image);
    }
    Ok(images)
}

/// Reads a file of structure tests.
fn read_structure(file: &Path) -> Result<StructureTest, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::cannot(format_args!("failed to read the structure tests {shown}"), &error)
    })?;
    structure::parse(&text, &shown.to_string()).map_err(|mistakes| wrong(&mistakes, "the structure tests"))
}

/// Every mistake of a file.
fn wrong(mistakes: &[workload::Mistake], of: &str) -> Failure {
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    let count = if lines.len() == 1 { "a mistake".to_owned() } else { format!("{} mistakes", lines.len()) };
    Failure::usage(format!("{count} in {of}\n{}", lines.join("\n")))
}

/// Reads a workload file.
pub fn read(file: &Path) -> Result<(Workload, Digest, PathBuf), Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::cannot(format_args!("failed to read the workload {shown}"), &error).hint(
            "without --workload the application is started and stopped; docs/reference/casehard-yaml.md says what the file holds",
        )
    })?;
    let workload =
        workload::parse(&text, &shown.to_string()).map_err(|mistakes| wrong(&mistakes, "the workload"))?;
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    Ok((workload, Digest::of(text.as_bytes()), folder))
}

/// An image of a workload file is relative to that file, where it is a path.
fn relative(folder: &Path, image: &str) -> String {
    let (transport, path) = match image.split_once(':') {
        Some((transport @ ("oci" | "oci-archive" | "docker-archive"), path)) => (Some(transport), path),
        _ => (None, image),
    };
    let is_path = transport.is_some() || folder.join(path).exists();
    if !is_path || Path::new(path).is_absolute() {
        return image.to_owned();
    }
    let path = folder.join(path).display().to_string();
    transport.map_or(path.clone(), |transport| format!("{transport}:{path}"))
}
