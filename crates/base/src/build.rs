//! The build itself.

use std::{collections::BTreeMap, path::Path};

use casehard_image::{LayoutWriter, WrittenLayer};
use casehard_oci::{Compression, Container, Digest, History, ImageConfig};

use crate::{
    Flavour, Lock, Options, Progress, Recipe, Stage,
    configure::{Configured, configure},
    error::BuildError,
    files,
    root::{Root, Store, Unpacked, unpack},
    select::{Picked, Selection, Source, fetcher, select},
    write,
};

/// What was built, and out of what.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Built {
    /// The digest of the image's manifest.
    pub digest: Digest,
    /// Bytes of its layers, compressed and uncompressed, lowest first.
    pub layers: Vec<BuiltLayer>,
    /// Debian architecture.
    pub architecture: String,
    /// What the root begins with.
    pub flavour: Flavour,
    /// The suites that were used.
    pub sources: Vec<Source>,
    /// The packages, in the order they were configured in.
    pub packages: Vec<BuiltPackage>,
    /// What was made beside the packages' own files, by the rule that made it, with how often.
    pub rules: BTreeMap<String, usize>,
    /// Commands of maintainer scripts that no rule covers, each once per script.
    pub uncovered: Vec<Uncovered>,
    /// The exact packages, to build the same again.
    #[serde(skip)]
    pub lock: Lock,
}

/// A layer of what was built.
#[derive(Debug, Clone, serde::Serialize)]
pub struct BuiltLayer {
    /// `base`, `packages` or `files`.
    pub name: &'static str,
    /// Bytes as stored.
    pub size: u64,
    /// Bytes of its tar.
    pub unpacked: u64,
}

/// A package of what was built.
#[derive(Debug, Clone, serde::Serialize)]
pub struct BuiltPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture; `all` fits every one.
    pub architecture: String,
    /// The digest of its file.
    pub digest: Digest,
    /// Whether it belongs to the base whatever is asked for.
    pub base: bool,
    /// Who needed it first; nobody when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<String>,
}

/// A command of a maintainer script that no rule covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Uncovered {
    /// The package.
    pub package: String,
    /// `preinst` or `postinst`.
    pub script: String,
    /// The command as it would have been run, cut to 200 characters.
    pub command: String,
}

/// Builds the image of a recipe as an OCI layout at `output`.
///
/// # Errors
/// When something cannot be had, verified, resolved, read or written; then nothing is at `output` that was not there.
pub fn build(
    recipe: &Recipe,
    options: &Options,
    progress: &dyn Progress,
    output: &Path,
) -> Result<Built, BuildError> {
    let architecture = recipe.architecture.clone().unwrap_or_else(|| options.architecture.clone());
    let writer = LayoutWriter::create(output).map_err(write::LayerError::Write)?;
    let fetcher = fetcher(options)?;
    let Selection { packages: picked, sources } = select(recipe, options, &fetcher, &architecture, progress)?;
    let lock = Lock::of(&architecture, &picked);

    progress.stage(Stage::Download);
    progress.total(picked.iter().map(|package| package.wanted.size).sum());
    let wanted: Vec<_> = picked.iter().map(|package| package.wanted.clone()).collect();
    let paths = fetcher.files(&wanted, &|size| progress.advance(size))?;

    progress.stage(Stage::Read);
    progress.total(wanted.iter().map(|wanted| wanted.size).sum());
    let paths: Vec<_> = paths.into_iter().zip(wanted.iter().map(|wanted| wanted.size)).collect();
    let packages = unpack(&paths, progress)?;
    let newest = packages.iter().flat_map(|package| &package.entries).map(|entry| entry.mtime).max();
    let date = options.date.or(newest).unwrap_or_default();

    progress.stage(Stage::Configure);
    let store = Store::new(&packages);
    let Configured { base, whole, accounts, rules, uncovered } =
        configure(recipe, &picked, &sources, &store, &architecture);
    // What was read of the packages on the way is megabytes.
    drop(store);
    let mut with_files = whole.clone();
    files::add(&mut with_files, recipe, &options.folder, accounts)?;

    progress.stage(Stage::Write);
    let layers = layers(&writer, &[&Root::default(), &base, &whole, &with_files], &packages, date, progress)?;
    let config = image_config(recipe, &architecture, date, &layers);
    let named: Vec<BuiltLayer> = layers
        .iter()
        .map(|(name, layer)| BuiltLayer { name, size: layer.descriptor.size, unpacked: layer.unpacked })
        .collect();
    let layers = layers.into_iter().map(|(_, layer)| layer).collect();
    let written = writer
        .finish(config, layers, BTreeMap::new(), recipe.name.as_deref())
        .map_err(write::LayerError::Write)?;
    Ok(Built {
        digest: written.manifest.digest,
        layers: named,
        architecture,
        flavour: recipe.flavour,
        sources,
        packages: picked.into_iter().map(built_package).collect(),
        rules,
        uncovered: uncovered.into_iter().collect(),
        lock,
    })
}

fn built_package(package: Picked) -> BuiltPackage {
    BuiltPackage {
        name: package.name,
        version: package.version,
        architecture: package.architecture,
        digest: package.wanted.digest,
        base: package.base,
        needed_by: package.needed_by,
    }
}

/// One layer per step from tree to tree; a step that changes nothing makes none.
fn layers(
    writer: &LayoutWriter,
    trees: &[&Root; 4],
    packages: &[Unpacked],
    date: i64,
    progress: &dyn Progress,
) -> Result<Vec<(&'static str, WrittenLayer)>, BuildError> {
    let mut layers = Vec::new();
    for (name, step) in ["base", "packages", "files"].into_iter().zip(trees.windows(2)) {
        if step[0].iter().eq(step[1].iter()) {
            continue;
        }
        let mut layer = writer.layer(Compression::Gzip).map_err(write::LayerError::Write)?;
        write::layer(&mut layer, step[0], step[1], packages, date, progress)?;
        layers.push((name, layer.finish().map_err(write::LayerError::Write)?));
    }
    Ok(layers)
}

fn image_config(
    recipe: &Recipe,
    architecture: &str,
    date: i64,
    layers: &[(&'static str, WrittenLayer)],
) -> ImageConfig {
    let created = crate::clock::rfc3339(date);
    let mut environment = recipe.environment.clone();
    environment
        .entry("PATH".to_owned())
        .or_insert_with(|| "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned());
    let empty = || serde_json::Value::Object(serde_json::Map::new());
    let (architecture, variant) = go_architecture(architecture);
    ImageConfig {
        created: Some(created.clone()),
        architecture: architecture.to_owned(),
        variant: variant.map(str::to_owned),
        os: "linux".to_owned(),
        config: Container {
            user: recipe.user.clone().unwrap_or_default(),
            exposed_ports: recipe.ports.iter().map(|port| (port.clone(), empty())).collect(),
            env: environment.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            entrypoint: recipe.entrypoint.clone(),
            cmd: recipe.command.clone(),
            healthcheck: recipe.healthcheck.clone(),
            volumes: recipe.volumes.iter().filter_map(|path| Some((path.to_utf8()?, empty()))).collect(),
            working_dir: recipe
                .workdir
                .as_ref()
                .and_then(casehard_oci::RootPath::to_utf8)
                .unwrap_or_default(),
            labels: recipe.labels.clone(),
            stop_signal: recipe.stop_signal.clone(),
            ..Container::default()
        },
        history: layers
            .iter()
            .map(|(name, _)| History {
                created: Some(created.clone()),
                created_by: Some(format!("casehard build: {name}")),
                ..History::default()
            })
            .collect(),
        ..ImageConfig::default()
    }
}

/// Debian's name of an architecture as Go and images write it.
fn go_architecture(debian: &str) -> (&str, Option<&'static str>) {
    match debian {
        "i386" => ("386", None),
        "armhf" => ("arm", Some("v7")),
        "armel" => ("arm", Some("v5")),
        "ppc64el" => ("ppc64le", None),
        "mips64el" => ("mips64le", None),
        "mipsel" => ("mipsle", None),
        other => (other, None),
    }
}
