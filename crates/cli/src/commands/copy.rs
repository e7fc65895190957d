//! `casehard copy`: an image from one place to another, as it is.

use std::path::Path;

use casehard_image::{ImageRef, Transport};
use casehard_oci::Platform;

use crate::{Context, Failure, Verdict};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, such as app.tar, oci:DIR:TAG or docker://registry/name:tag
    source: String,
    /// Where to, such as oci:DIR:TAG, docker-archive:FILE:NAME, docker-daemon:NAME or docker://registry/name:tag
    destination: String,
    /// Which of an image for several platforms, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let Arguments { source, destination, platform } = arguments;
    let to = ImageRef::parse(destination, Path::exists).map_err(Failure::usage)?;
    let image = context.open(source, platform.as_ref())?;
    let failed = |error: &casehard_image::WriteError| {
        Failure::cannot(format_args!("failed to copy {source} to {destination}"), error)
    };
    let name = to.name.as_deref();
    match &to.transport {
        Transport::Layout(path) => {
            casehard_image::copy_to_layout(&image, path, name).map_err(|error| failed(&error))?;
        }
        Transport::LayoutArchive(path) | Transport::DockerArchive(path) => {
            casehard_image::copy_to_archive(&image, path, name).map_err(|error| failed(&error))?;
        }
        Transport::DockerDaemon(name) => {
            let socket = context.places().docker_socket;
            casehard_image::copy_to_daemon(&image, &socket, name).map_err(|error| failed(&error))?;
        }
        Transport::ContainersStorage(name) => {
            let socket = context.places().podman_socket;
            casehard_image::copy_to_daemon(&image, &socket, name).map_err(|error| failed(&error))?;
        }
        Transport::Registry(reference) => {
            let from = ImageRef::parse(source, Path::exists).ok();
            let from = from.as_ref().and_then(|from| match &from.transport {
                Transport::Registry(from) => Some(from),
                _ => None,
            });
            let registries = context.places().registries;
            casehard_image::copy_to_registry(&image, reference, from, &registries).map_err(|error| {
                Failure::cannot(format_args!("failed to copy {source} to {destination}"), &error)
            })?;
        }
        Transport::Detect(path) => return Err(unclear(path)),
        _ => {
            return Err(Failure::usage(format_args!("images cannot be written to {destination}"))
                .hint("write to oci:DIR, oci-archive:FILE or docker-archive:FILE"));
        }
    }
    context.say(format_args!("{} copied to {destination}", image.digest()));
    Ok(Verdict::Good)
}

fn unclear(path: &Path) -> Failure {
    let shown = path.display();
    Failure::usage(format_args!("{shown} does not say what to write"))
        .hint(format_args!("write oci:{shown} or docker-archive:{shown}"))
}
