//! Streaming the layers of an image through a plan.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use casehard_oci::{Compression, RootPath};

use super::{Addition, Edit, history::in_step, plan::Plan, sorted::Sorted};
use crate::{
    Head, Image, Kind, LayerWriter, LayoutWriter, Mark, NodeId, Tree, WriteError, Written, WrittenLayer,
    Xattrs,
};

/// Writes the image that `edit` makes of `image` to `writer`, streaming each layer once: an entry that an upper
/// layer replaced or removed is dropped with the whiteout that did it, and a layer of which nothing is left is too.
/// Entries are written sorted, whatever order they came in; what comes before its turn waits in a file beside the output.
/// The first kept name of a file has its bytes, further names are hardlinks to it. Each layer has the directories
/// above its entries, with the metadata of the merged tree.
///
/// Layers stay zstd where they were, and are gzip otherwise, unless the writer's [`Style`](crate::Style) says how.
///
/// # Errors
/// When a layer cannot be read or the new image cannot be written.
pub fn edit(
    image: &Image,
    tree: &Tree,
    edit: &Edit<'_>,
    writer: LayoutWriter,
) -> Result<Written, WriteError> {
    let plan = Plan::new(tree, edit, image.layers().len());
    let mut written = write_layers(image, &plan, &writer)?;
    let mut config = edit.config.clone();
    let has_layer: Vec<bool> = written.iter().map(Option::is_some).collect();
    config.history = in_step(config.history, &has_layer, !plan.additions.is_empty());
    if !plan.additions.is_empty() {
        written.push(Some(write_additions(&plan, &writer)?));
        config.history.push(super::history::of_additions(config.created.clone()));
    }
    let layers = written.into_iter().flatten().collect();
    writer.finish(config, layers, edit.annotations.clone(), None)
}

/// Writes all layers, several at a time where the machine has processors. A layer of which nothing is left is `None`.
fn write_layers(
    image: &Image,
    plan: &Plan<'_>,
    writer: &LayoutWriter,
) -> Result<Vec<Option<WrittenLayer>>, WriteError> {
    let count = image.layers().len();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(count).min(4);
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results = Mutex::new(BTreeMap::new());
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let result = write_layer(image, index, plan, writer);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(index, result);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect()
}

fn write_layer(
    image: &Image,
    index: usize,
    plan: &Plan<'_>,
    writer: &LayoutWriter,
) -> Result<Option<WrittenLayer>, WriteError> {
    if plan.layers[index].is_empty() && plan.loose[index].is_empty() {
        return Ok(None);
    }
    let compression = writer.style().compression.unwrap_or(match image.layers()[index].compression {
        Compression::Zstd => Compression::Zstd,
        Compression::Gzip | Compression::None => Compression::Gzip,
    });
    let mut layer = writer.layer(compression)?;
    let out = Out { plan, sink: &mut layer, directories: HashSet::new() };
    let (order, ranks) = plan.order(index);
    let mut sorted = Sorted::new(out, &order, writer.folder());
    let (made_up, ranks) = ranks.split_at(plan.loose[index].len());
    for rank in made_up {
        sorted.made_up(*rank as usize);
    }
    let mut ranks = ranks.iter();
    pour(image, index, plan, &mut |_, kind, path, content| {
        let rank = ranks.next().copied().unwrap_or_default();
        sorted.take(rank as usize, kind, path, content)
    })?;
    if !sorted.finish()? {
        return Err(other_tree(image, index));
    }
    layer.finish().map(Some)
}

/// Who takes what is written of a layer, as it comes: the node, what the layer's entry is, where, and its bytes.
type Take<'a> = dyn FnMut(NodeId, &Kind, &RootPath, &mut dyn io::Read) -> Result<(), WriteError> + 'a;

/// Streams one layer through the plan.
fn pour(image: &Image, index: usize, plan: &Plan<'_>, take: &mut Take<'_>) -> Result<(), WriteError> {
    let mut entries = image.entries(index)?;
    let mut nodes = plan.layers[index].iter().peekable();
    let mut ordinal = 0;
    while let Some(mut entry) = entries.next()? {
        while let Some((_, node)) = nodes.next_if(|(at, _)| *at == ordinal) {
            let (kind, path) = (entry.head.kind.clone(), entry.head.path.clone());
            take(*node, &kind, &path, &mut entry)?;
        }
        ordinal += 1;
    }
    match nodes.next() {
        Some(_) => Err(other_tree(image, index)),
        None => Ok(()),
    }
}

fn other_tree(image: &Image, index: usize) -> WriteError {
    WriteError::OtherTree { layer: image.layers()[index].descriptor.digest }
}

/// Hands the merged root of an image to `sink`: each directory before what it holds, the first name of a file before
/// further ones.
pub(crate) fn flatten(image: &Image, tree: &Tree, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let edit = Edit {
        keep: &|_| true,
        changes: BTreeMap::new(),
        additions: BTreeMap::new(),
        config: image.config().clone(),
        annotations: BTreeMap::new(),
    };
    let plan = Plan::new(tree, &edit, image.layers().len());
    let mut out = Out { plan: &plan, sink, directories: HashSet::new() };
    for (index, loose) in plan.loose.iter().enumerate() {
        loose.iter().try_for_each(|node| out.directory(*node))?;
        pour(image, index, &plan, &mut |node, kind, path, content| out.node(node, kind, path, content))?;
    }
    Ok(())
}

/// Who takes entries.
pub(crate) trait Sink {
    /// Takes one; `content` has the bytes of a file.
    fn entry(&mut self, head: &Head, content: &mut dyn io::Read) -> Result<(), WriteError>;
}

impl Sink for LayerWriter {
    fn entry(&mut self, head: &Head, content: &mut dyn io::Read) -> Result<(), WriteError> {
        Self::entry(self, head, content)
    }
}

/// One layer in the making.
pub(super) struct Out<'a> {
    plan: &'a Plan<'a>,
    sink: &'a mut dyn Sink,
    /// Directories that it has already.
    directories: HashSet<NodeId>,
}

impl Out<'_> {
    pub(super) fn node(
        &mut self,
        node: NodeId,
        kind: &Kind,
        path: &RootPath,
        content: &mut dyn io::Read,
    ) -> Result<(), WriteError> {
        match self.content_size(node, kind, path)? {
            Some(_) => self.with_bytes(node, content),
            None => self.without_bytes(node),
        }
    }

    /// How many bytes are written for a node that an entry of this kind brings; `None` when it has none of its own.
    pub(super) fn content_size(
        &self,
        node: NodeId,
        kind: &Kind,
        path: &RootPath,
    ) -> Result<Option<u64>, WriteError> {
        let entry = self.plan.tree().entry(node);
        if !entry.is_file() || self.plan.links.contains_key(&node) {
            return Ok(None);
        }
        if *kind != Kind::File {
            // The tree is of another image: its bytes would be lost.
            return Err(WriteError::OtherEntry { path: path.clone() });
        }
        Ok(Some(entry.size()))
    }

    pub(super) fn size(&self, node: NodeId) -> u64 {
        self.plan.tree().entry(node).size()
    }

    pub(super) fn with_bytes(&mut self, node: NodeId, content: &mut dyn io::Read) -> Result<(), WriteError> {
        self.directories_above(node)?;
        self.sink.entry(&self.plan.head(node), content)
    }

    pub(super) fn without_bytes(&mut self, node: NodeId) -> Result<(), WriteError> {
        let mut head = self.plan.head(node);
        if head.kind == Kind::Directory {
            return self.directory(node);
        }
        if let Some(first) = self.plan.links.get(&node) {
            head.kind = Kind::Hardlink(self.plan.tree().entry(*first).path());
            head.size = 0;
        }
        self.directories_above(node)?;
        self.sink.entry(&head, &mut io::empty())
    }

    fn directories_above(&mut self, node: NodeId) -> Result<(), WriteError> {
        match self.plan.tree().entry(node).parent() {
            Some(parent) => self.directory(parent.id()),
            None => Ok(()),
        }
    }

    /// Writes a directory and those above it, unless the layer has them.
    fn directory(&mut self, node: NodeId) -> Result<(), WriteError> {
        let mut missing = Vec::new();
        let entry = self.plan.tree().entry(node);
        for directory in std::iter::successors(Some(entry), |directory| directory.parent()) {
            if !self.directories.insert(directory.id()) {
                break;
            }
            missing.push(directory);
        }
        for directory in missing.into_iter().rev() {
            if directory.parent().is_some() || self.plan.writes_root() {
                self.sink.entry(&self.plan.head(directory.id()), &mut io::empty())?;
            }
        }
        Ok(())
    }
}

fn write_additions(plan: &Plan<'_>, writer: &LayoutWriter) -> Result<WrittenLayer, WriteError> {
    let mut layer = writer.layer(writer.style().compression.unwrap_or(Compression::Gzip))?;
    let mut out = Out { plan, sink: &mut layer, directories: HashSet::new() };
    let mut made = HashSet::new();
    // Hardlinks come last, so that what they name is there.
    let is_link = |addition: &Addition| matches!(addition.kind, Kind::Hardlink(_));
    for links in [false, true] {
        for (path, addition) in plan.additions.iter().filter(|(_, addition)| is_link(addition) == links) {
            let above: Vec<RootPath> = path.ancestors().collect();
            for directory in above.into_iter().rev() {
                if !plan.additions.contains_key(&directory) && made.insert(directory.clone()) {
                    out.directory_at(&directory)?;
                }
            }
            let head = Head {
                path: path.clone(),
                mark: Mark::Present,
                kind: addition.kind.clone(),
                mode: addition.mode,
                uid: addition.uid,
                gid: addition.gid,
                mtime: addition.mtime,
                size: addition.content.len() as u64,
                xattrs: Xattrs::new(),
            };
            out.sink.entry(&head, &mut &addition.content[..])?;
        }
    }
    layer.finish()
}

impl Out<'_> {
    /// The directory at `path`: the tree's, or a plain one where there is none.
    fn directory_at(&mut self, path: &RootPath) -> Result<(), WriteError> {
        match self.plan.tree().get(path) {
            Some(entry) if path.is_root() && !self.plan.writes_root() => {
                self.directories.insert(entry.id());
                Ok(())
            }
            Some(entry) if entry.is_directory() => {
                self.sink.entry(&self.plan.head(entry.id()), &mut io::empty())
            }
            _ if path.is_root() => Ok(()),
            _ => {
                let head = Head {
                    path: path.clone(),
                    mark: Mark::Present,
                    kind: Kind::Directory,
                    mode: 0o755,
                    uid: 0,
                    gid: 0,
                    mtime: 0,
                    size: 0,
                    xattrs: Xattrs::new(),
                };
                self.sink.entry(&head, &mut io::empty())
            }
        }
    }
}
