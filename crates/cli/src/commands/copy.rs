//! `casehard copy`: an image from one place to another, as it is.

use std::path::Path;

use casehard_image::{Extent, Flattened, Graph, ImageRef, RegistryError, Style, Transport, WriteError};
use casehard_oci::{Compression, Platform};

use crate::{Context, Failure, Verdict, rewrite};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, such as app.tar, oci:DIR:TAG, docker://registry/name:tag or rootfs:DIR
    source: String,
    /// Where to, such as oci:DIR:TAG, docker-archive:FILE:NAME, docker-daemon:NAME, docker://registry/name:tag or
    /// rootfs:DIR
    destination: String,
    /// Which of an image for several platforms, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    /// Every platform, and the attestations beside them
    #[arg(long, short, conflicts_with = "platform")]
    all: bool,
    /// Also what speaks of the image: signatures, bills of materials
    #[arg(long)]
    referrers: bool,
    /// Write the layers anew, compressed so; the image gets another digest
    #[arg(long, value_name = "HOW", conflicts_with_all = ["all", "referrers"])]
    compression: Option<Compressed>,
    /// Write the layers anew, no entry dated after this; the image gets another digest
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["all", "referrers"])]
    clamp_times: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Compressed {
    Gzip,
    Zstd,
    None,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let Arguments { source, destination, .. } = arguments;
    let to = ImageRef::parse(destination, Path::exists).map_err(Failure::usage)?;
    let style = Style {
        compression: arguments.compression.map(|how| match how {
            Compressed::Gzip => Compression::Gzip,
            Compressed::Zstd => Compression::Zstd,
            Compressed::None => Compression::None,
        }),
        clamp: arguments.clamp_times,
    };
    if let Transport::Root(path) = &to.transport {
        return to_root(arguments, path, style, context);
    }
    let extent = Extent { platforms: arguments.all, referrers: arguments.referrers };
    let mut folder = None;
    let graph = if style != Style::default() {
        let image = context.open(source, arguments.platform.as_ref())?;
        let (new, place) = rewrite::rewritten(&image, style, context)?;
        folder = Some(place);
        Graph::from(&new)
    } else if extent == Extent::default() {
        Graph::from(&context.open(source, arguments.platform.as_ref())?)
    } else {
        context.open_all(source, arguments.platform.as_ref(), extent)?
    };
    let digest = put(&graph, source, &to, context)?;
    drop(folder);
    let (manifests, referrers) = (graph.manifests().count() - graph.referrers().len(), graph.referrers().len());
    let more = if arguments.all { format!(", {manifests} manifests") } else { String::new() };
    let more = if arguments.referrers { format!("{more}, {referrers} referrers") } else { more };
    context.say(format_args!("{digest} copied to {destination}{more}"));
    Ok(Verdict::Good)
}

fn put(graph: &Graph, source: &str, to: &ImageRef, context: &Context) -> Result<casehard_oci::Digest, Failure> {
    let name = to.name.as_deref();
    let what = format!("failed to copy {source} to {to}");
    let failed = |error: WriteError| {
        let failure = Failure::cannot(&what, &error);
        match &error {
            WriteError::Named { path, .. } => failure.hint(format_args!("write oci:{}:NAME", path.display())),
            _ => failure,
        }
    };
    let places = context.places();
    match &to.transport {
        Transport::Layout(path) => casehard_image::copy_to_layout(graph, path, name).map(drop).map_err(failed)?,
        Transport::LayoutArchive(path) => {
            casehard_image::copy_to_archive(graph, path, name).map_err(failed)?;
        }
        Transport::DockerArchive(_) | Transport::DockerDaemon(_) | Transport::ContainersStorage(_)
            if graph.is_index() =>
        {
            return Err(Failure::usage(format_args!("{to} takes one image, and {source} is an index of several"))
                .hint("choose one with --platform, or write to oci:DIR, oci-archive:FILE or a registry"));
        }
        Transport::DockerArchive(path) => casehard_image::copy_to_archive(graph, path, name).map_err(failed)?,
        Transport::DockerDaemon(name) => {
            casehard_image::copy_to_daemon(graph, &places.docker_socket, name).map_err(failed)?;
        }
        Transport::ContainersStorage(name) => {
            casehard_image::copy_to_daemon(graph, &places.podman_socket, name).map_err(failed)?;
        }
        Transport::Registry(reference) => {
            let from = ImageRef::parse(source, Path::exists).ok();
            let from = from.as_ref().and_then(|from| match &from.transport {
                Transport::Registry(from) => Some(from),
                _ => None,
            });
            let failed = |error: RegistryError| Failure::cannot(&what, &error);
            casehard_image::copy_to_registry(graph, reference, from, &places.registries).map_err(failed)?;
        }
        Transport::Detect(path) => return Err(unclear(path)),
        _ => {
            return Err(Failure::usage(format_args!("images cannot be written to {to}"))
                .hint("write to oci:DIR, oci-archive:FILE or docker-archive:FILE"));
        }
    }
    Ok(graph.digest())
}

fn to_root(arguments: &Arguments, path: &Path, style: Style, context: &Context) -> Result<Verdict, Failure> {
    let Arguments { source, destination, platform, all, referrers, .. } = arguments;
    if *all || *referrers {
        return Err(Failure::usage("a plain root is of one image").hint("choose one with --platform"));
    }
    let image = context.open(source, platform.as_ref())?;
    let (tree, _) = casehard_image::read(&image, &())
        .map_err(|error| Failure::cannot(format_args!("failed to read image {source}"), &error))?;
    let done = casehard_image::copy_to_root(&image, &tree, path, style)
        .map_err(|error| Failure::cannot(format_args!("failed to copy {source} to {destination}"), &error))?;
    let Flattened { entries, owners, devices, xattrs, .. } = done;
    context.say(format_args!("{entries} entries copied to {destination}"));
    for (count, what) in [(owners, "owners"), (devices, "devices"), (xattrs, "extended attributes")] {
        if count > 0 {
            context.say(format_args!("note: {count} {what} could not be kept, which takes root"));
        }
    }
    Ok(Verdict::Good)
}

fn unclear(path: &Path) -> Failure {
    let shown = path.display();
    Failure::usage(format_args!("{shown} does not say what to write"))
        .hint(format_args!("write oci:{shown}, docker-archive:{shown} or rootfs:{shown}"))
}
