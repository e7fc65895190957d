//! What takes the space of an image.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

use casehard_oci::{Compression, Digest, ImageConfig, Platform, RootPath};
use serde::Serialize;

use crate::{Image, NodeId, Tree};

/// What an image is, and what takes its space. Sizes are bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The form of this document.
    pub schema: &'static str,
    /// The reference the image was opened by.
    pub name: String,
    /// The digest of its manifest.
    pub digest: Digest,
    /// What it runs on.
    pub platform: Platform,
    /// What stands beside it in its index: other platforms and attestations, itself among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub index: Vec<Beside>,
    /// Annotations of its manifest.
    pub annotations: BTreeMap<String, String>,
    /// Its configuration, history among it.
    pub config: ImageConfig,
    /// Bytes of all layers as stored.
    pub compressed: u64,
    /// Bytes of the files that are in the merged tree, a file with several names counted once.
    pub files_size: u64,
    /// Bytes of files that upper layers replaced or removed.
    pub wasted: u64,
    /// Entries of the merged tree.
    pub entries: usize,
    /// Its layers, lowest first.
    pub layers: Vec<LayerSummary>,
    /// The directories that hold most, largest first. One that holds little besides a single directory is left out.
    pub largest_directories: Vec<Sized>,
    /// The largest files, largest first.
    pub largest_files: Vec<Sized>,
}

/// A manifest of the index that an image stands in.
#[derive(Debug, Clone, Serialize)]
pub struct Beside {
    /// What it runs on, when the index says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The digest of the manifest.
    pub digest: Digest,
    /// Whether it is an attestation and no image.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub attestation: bool,
}

/// What one layer has.
#[derive(Debug, Clone, Serialize)]
pub struct LayerSummary {
    /// Its blob.
    pub digest: Digest,
    /// Its uncompressed tar.
    pub diff_id: Digest,
    /// `none`, `gzip` or `zstd`.
    pub compression: &'static str,
    /// Bytes as stored.
    pub compressed: u64,
    /// Entries, whiteouts not counted.
    pub entries: u64,
    /// Whiteouts and opaque marks.
    pub whiteouts: u64,
    /// Bytes of its files.
    pub adds: u64,
    /// Bytes of its files that upper layers, or later entries of it, replaced or removed.
    pub wastes: u64,
    /// The command that made it, when the history says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
}

/// A path and the bytes it takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Sized {
    /// Bytes.
    pub size: u64,
    /// Where.
    pub path: RootPath,
}

/// What an image is and what takes its space; `most` directories and files are named.
#[must_use]
pub fn summarise(image: &Image, tree: &Tree, most: usize) -> Summary {
    let (held, alive) = sizes(tree, image.layers().len());
    let layers = layers(image, tree, &alive);
    let config = image.config();
    Summary {
        schema: "casehard.inspect/1",
        name: image.name().to_owned(),
        digest: image.digest(),
        platform: config.platform(),
        index: image
            .beside()
            .iter()
            .map(|manifest| Beside {
                platform: manifest.platform.clone().filter(|_| !manifest.is_attestation()),
                digest: manifest.digest,
                attestation: manifest.is_attestation(),
            })
            .collect(),
        annotations: image.manifest().annotations.clone(),
        config: config.clone(),
        compressed: layers.iter().map(|layer| layer.compressed).sum(),
        files_size: alive.iter().sum(),
        wasted: layers.iter().map(|layer| layer.wastes).sum(),
        entries: tree.len(),
        layers,
        largest_directories: largest_directories(tree, &held, most),
        largest_files: largest(
            tree.walk().filter(|entry| entry.is_file()).map(|entry| (entry.size(), entry)),
            most,
        ),
    }
}

/// The bytes below each directory, and those that are left of each layer. A file with several names counts where its first
/// one stands.
fn sizes(tree: &Tree, layers: usize) -> (HashMap<NodeId, u64>, Vec<u64>) {
    let mut held = HashMap::new();
    let mut alive = vec![0; layers];
    // Depth of the directories that the walk is in, with what they hold so far.
    let mut open: Vec<(NodeId, u64)> = vec![(tree.root().id(), 0)];
    let mut close = |open: &mut Vec<(NodeId, u64)>| {
        if let Some((node, size)) = open.pop() {
            held.insert(node, size);
            if let Some((_, above)) = open.last_mut() {
                *above += size;
            }
        }
    };
    for entry in tree.walk() {
        let parent = entry.parent().unwrap_or_else(|| tree.root()).id();
        while open.len() > 1 && open.last().is_some_and(|(node, _)| *node != parent) {
            close(&mut open);
        }
        if entry.is_directory() {
            open.push((entry.id(), 0));
        } else if entry.is_file() && entry.names().next().is_none_or(|first| first.id() == entry.id()) {
            if let Some((_, size)) = open.last_mut() {
                *size += entry.size();
            }
            let layer = entry.bytes_at().map_or(entry.layer(), |(layer, _)| layer);
            if let Some(alive) = alive.get_mut(layer) {
                *alive += entry.size();
            }
        }
    }
    while !open.is_empty() {
        close(&mut open);
    }
    (held, alive)
}

fn layers(image: &Image, tree: &Tree, alive: &[u64]) -> Vec<LayerSummary> {
    let history = &image.config().history;
    let mut commands = history.iter().filter(|entry| !entry.empty_layer).map(|entry| &entry.created_by);
    let summary = |(index, layer): (usize, &crate::Layer)| {
        let content = tree.content_of_layer(index);
        LayerSummary {
            digest: layer.descriptor.digest,
            diff_id: layer.diff_id,
            compression: match layer.compression {
                Compression::None => "none",
                Compression::Gzip => "gzip",
                Compression::Zstd => "zstd",
            },
            compressed: layer.descriptor.size,
            entries: content.entries,
            whiteouts: content.whiteouts,
            adds: content.bytes,
            wastes: content.bytes.saturating_sub(alive[index]),
            created_by: commands.next().cloned().flatten(),
        }
    };
    image.layers().iter().enumerate().map(summary).collect()
}

fn largest_directories(tree: &Tree, held: &HashMap<NodeId, u64>, most: usize) -> Vec<Sized> {
    let of = |entry: crate::Entry<'_>| held.get(&entry.id()).copied().unwrap_or_default();
    let says_something = |entry: &crate::Entry<'_>| {
        let below = entry.children().filter(|child| child.is_directory()).map(of).max().unwrap_or(0);
        // Nine tenths in one directory: that one is worth a line, this one is not.
        below < of(*entry) / 10 * 9
    };
    let directories = tree.walk().filter(|entry| entry.is_directory() && says_something(entry));
    largest(directories.map(|entry| (of(entry), entry)), most)
}

/// The largest of many, without sorting or naming all of them. They come in the order of their paths, so of equal ones the
/// first are taken.
fn largest<'a>(entries: impl Iterator<Item = (u64, crate::Entry<'a>)>, most: usize) -> Vec<Sized> {
    let mut heap: BinaryHeap<Reverse<(u64, Reverse<RootPath>)>> = BinaryHeap::new();
    for (size, entry) in entries {
        if heap.len() >= most && heap.peek().is_none_or(|Reverse((least, _))| size <= *least) {
            continue;
        }
        heap.push(Reverse((size, Reverse(entry.path()))));
        if heap.len() > most {
            heap.pop();
        }
    }
    let sorted = heap.into_sorted_vec();
    sorted.into_iter().map(|Reverse((size, Reverse(path)))| Sized { size, path }).collect()
}
