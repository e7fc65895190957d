//! What Docker saved before version 1.10: `repositories` names the top layer of each tag, and each layer is a folder
//! with its `json`, that of the layer below it among it (moby image specification 1.0).

use std::{
    collections::{BTreeMap, HashSet},
    io::Read as _,
    path::Path,
};

use casehard_oci::{
    Compression, Descriptor, Digest, Hasher, History, ImageConfig, MediaType, RootFs, escape,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    OpenError,
    assemble::{compression_of, parse},
    docker,
    find::{member, read_member},
};
use crate::{Image, ImageRef, Limits, Options, ReadError, source::Archive};

/// The `json` of a layer.
#[derive(Debug, Deserialize)]
struct LayerJson {
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    container_config: Option<Command>,
}

#[derive(Debug, Deserialize)]
struct Command {
    #[serde(rename = "Cmd", default)]
    cmd: Option<Vec<String>>,
}

/// Fields of a layer's `json` that a configuration does not have.
const OF_LAYER: [&str; 8] =
    ["id", "parent", "parent_id", "layer_id", "container", "container_config", "Size", "throwaway"];

pub(super) fn open(
    archive: Archive,
    path: &Path,
    image: &ImageRef,
    options: &Options,
) -> Result<Image, OpenError> {
    let bytes = read_member(&archive, path, &member("repositories"), options)?.unwrap_or_default();
    let repositories: BTreeMap<String, BTreeMap<String, String>> =
        parse(&format!("repositories of {}", path.display()), &bytes)?;
    let top = choose(&repositories, image)?;
    let (chain, mut config) = chain(&archive, path, top, options)?;
    let (mut named, mut layers) = (Vec::new(), Vec::new());
    for (id, _) in &chain {
        let name = format!("{id}/layer.tar");
        let (descriptor, diff_id) = layer(&archive, path, &name)?;
        named.push((descriptor.digest, member(&name)));
        layers.push(descriptor);
        config.rootfs.diff_ids.push(diff_id);
    }
    config.history = chain.into_iter().map(|(_, json)| history(json)).collect();
    // There is no configuration in the archive: this one is made, and stands nowhere to be read again.
    let bytes = serde_json::to_vec(&config).unwrap_or_default();
    docker::finish(archive, named, bytes, layers, image, options)
}

fn choose<'a>(
    repositories: &'a BTreeMap<String, BTreeMap<String, String>>,
    image: &ImageRef,
) -> Result<&'a str, OpenError> {
    let tags = repositories
        .iter()
        .flat_map(|(name, tags)| tags.iter().map(move |(tag, id)| (format!("{name}:{tag}"), id.as_str())));
    let tags: Vec<(String, &str)> = tags.collect();
    let there = || tags.iter().map(|(name, _)| escape(name.as_bytes()).into_owned()).collect();
    match (&image.name, &tags[..]) {
        (None, [(_, id)]) => Ok(id),
        (None, _) => {
            let ids: HashSet<&str> = tags.iter().map(|(_, id)| *id).collect();
            match tags.first() {
                Some((_, id)) if ids.len() == 1 => Ok(id),
                _ => Err(OpenError::Several { image: image.to_string(), there: there() }),
            }
        }
        (Some(wanted), _) => match tags.iter().find(|(name, _)| docker::is_named(name, wanted)) {
            Some((_, id)) => Ok(id),
            None => {
                Err(OpenError::NoName { wanted: wanted.clone(), image: image.to_string(), there: there() })
            }
        },
    }
}

/// The layers from the lowest to `top`, and the configuration that `top` has.
fn chain(
    archive: &Archive,
    path: &Path,
    top: &str,
    options: &Options,
) -> Result<(Vec<(String, LayerJson)>, ImageConfig), OpenError> {
    let mut chain = Vec::new();
    let mut config = None;
    let mut seen = HashSet::new();
    let mut next = Some(top.to_owned());
    while let Some(id) = next {
        let shown = || escape(id.as_bytes()).into_owned();
        if !seen.insert(id.clone()) {
            return Err(OpenError::Cycle { path: path.to_owned(), id: shown() });
        }
        if seen.len() > Limits::LAYERS {
            return Err(OpenError::TooManyLayers { count: seen.len() });
        }
        let name = format!("{id}/json");
        let bytes = read_member(archive, path, &member(&name), options)?.ok_or_else(|| {
            OpenError::NoMember { path: path.to_owned(), member: format!("{}/json", shown()) }
        })?;
        let what = format!("{}/json of {}", shown(), path.display());
        let json: LayerJson = parse(&what, &bytes)?;
        if config.is_none() {
            let mut fields: Map<String, Value> = parse(&what, &bytes)?;
            fields.retain(|key, _| !OF_LAYER.contains(&&**key));
            config = Some(
                serde_json::from_value(Value::Object(fields))
                    .map_err(|source| OpenError::Document { what, source })?,
            );
        }
        next = json.parent.clone().filter(|parent| !parent.is_empty());
        chain.push((id, json));
    }
    chain.reverse();
    let mut config: ImageConfig = config.unwrap_or_default();
    config.rootfs = RootFs::default();
    Ok((chain, config))
}

fn history(json: LayerJson) -> History {
    let command = json.container_config.and_then(|config| config.cmd);
    History {
        created: json.created,
        created_by: command.map(|words| words.join(" ")),
        author: json.author,
        comment: json.comment,
        ..History::default()
    }
}

/// The descriptor and the diff id of a layer, which nothing in the archive says.
fn layer(archive: &Archive, path: &Path, name: &str) -> Result<(Descriptor, Digest), OpenError> {
    let missing =
        || OpenError::NoMember { path: path.to_owned(), member: escape(name.as_bytes()).into_owned() };
    let (size, mut section) = archive.member(&member(name)).ok_or_else(missing)?;
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    let mut start = Vec::new();
    loop {
        let read =
            section.read(&mut buffer).map_err(|error| ReadError::io(escape(name.as_bytes()), error))?;
        if read == 0 {
            break;
        }
        if start.is_empty() {
            start.extend_from_slice(&buffer[..read.min(4)]);
        }
        hasher.update(&buffer[..read]);
    }
    if compression_of(&start).unwrap_or(Compression::None) != Compression::None {
        let media_type = MediaType::Other("a compressed layer in an archive of this age".into());
        return Err(OpenError::MediaType { what: escape(name.as_bytes()).into_owned(), media_type });
    }
    let digest = hasher.finish();
    Ok((Descriptor::new(MediaType::OciLayer(Compression::None), digest, size), digest))
}
