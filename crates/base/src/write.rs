//! Writing trees as layers: each layer is the difference between two of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use casehard_image::{Head, LayerWriter, Mark, WriteError, Xattrs};
use casehard_oci::RootPath;

use crate::{
    Progress,
    deb::DebError,
    root::{Content, Kind, Node, Root, Unpacked},
};

/// Why a layer could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// The layout cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A package file cannot be read.
    #[error(transparent)]
    Deb(#[from] DebError),
    /// A file of the recipe cannot be read.
    #[error("{path}: {source}")]
    Local {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes what `upper` has and `lower` has not, and whiteouts for what only `lower` has. Directories come first, then
/// everything that is not a package's file, then the files package by package in the order of their archives, each of
/// which is read once; further names of a file come last.
pub(crate) fn layer(
    writer: &mut LayerWriter,
    lower: &Root,
    upper: &Root,
    packages: &[Unpacked],
    date: i64,
    progress: &dyn Progress,
) -> Result<(), LayerError> {
    let mut members: BTreeMap<(u32, u32), Vec<(&RootPath, &Node)>> = BTreeMap::new();
    let mut others = Vec::new();
    for (path, node) in upper.iter().filter(|(path, node)| lower.exact(path) != Some(*node)) {
        match &node.kind {
            Kind::Directory => entry(writer, path, node, date, &mut io::empty())?,
            Kind::File { content: Content::Member { package, member, .. }, .. } => {
                members.entry((*package, *member)).or_default().push((path, node));
            }
            _ => others.push((path, node)),
        }
    }
    for (path, _) in lower.iter().filter(|(path, _)| upper.exact(path).is_none()) {
        // What stands below something that is gone goes with it.
        if path.parent().is_none_or(|parent| parent.is_root() || upper.exact(&parent).is_some()) {
            let node = Node::file("", 0o644);
            let mut head = head(path, &node, date, 0);
            head.mark = Mark::Whiteout;
            writer.entry(&head, &mut io::empty())?;
        }
    }
    for (path, node) in others {
        match &node.kind {
            Kind::File { content: Content::Bytes(bytes), .. } => {
                entry(writer, path, node, date, &mut &**bytes)?;
            }
            Kind::File { content: Content::Local { path: local, .. }, .. } => {
                let mut file = File::open(local)
                    .map_err(|source| LayerError::Local { path: local.to_path_buf(), source })?;
                entry(writer, path, node, date, &mut file)?;
            }
            _ => entry(writer, path, node, date, &mut io::empty())?,
        }
    }
    let wanted: BTreeSet<u32> = members.keys().map(|(package, _)| *package).collect();
    for package in wanted {
        package_files(writer, packages, package, &members, date, progress)?;
    }
    Ok(())
}

fn package_files(
    writer: &mut LayerWriter,
    packages: &[Unpacked],
    package: u32,
    members: &BTreeMap<(u32, u32), Vec<(&RootPath, &Node)>>,
    date: i64,
    progress: &dyn Progress,
) -> Result<(), LayerError> {
    let deb = &packages[package as usize].deb;
    let mut archive = deb.data()?;
    let last =
        members.range((package, 0)..=(package, u32::MAX)).next_back().map_or(0, |((_, member), _)| *member);
    for (number, tar_entry) in archive.entries().map_err(|error| deb.error(error))?.enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if number > last {
            break;
        }
        let mut tar_entry = tar_entry.map_err(|error| deb.error(error))?;
        let Some(places) = members.get(&(package, number)) else { continue };
        let size = tar_entry.size();
        if let [(path, node)] = places[..] {
            entry(writer, path, node, date, &mut tar_entry)?;
        } else {
            several(writer, places, date, &mut tar_entry)?;
        }
        progress.advance(size);
    }
    Ok(())
}

/// One archive member that stands at several places: as names of one file, or as copies.
fn several(
    writer: &mut LayerWriter,
    places: &[(&RootPath, &Node)],
    date: i64,
    content: &mut dyn Read,
) -> Result<(), LayerError> {
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes).map_err(|source| LayerError::Local { path: PathBuf::new(), source })?;
    let mut written: Vec<(&RootPath, &Node)> = Vec::new();
    for (path, node) in places {
        let is_shared = |node: &Node| matches!(node.kind, Kind::File { shared: true, .. });
        let first = written.iter().find(|(_, other)| is_shared(node) && other == node);
        if let Some((first, _)) = first {
            let mut head = head(path, node, date, 0);
            head.kind = casehard_image::Kind::Hardlink((*first).clone());
            writer.entry(&head, &mut io::empty())?;
        } else {
            entry(writer, path, node, date, &mut &*bytes)?;
            written.push((path, node));
        }
    }
    Ok(())
}

fn entry(
    writer: &mut LayerWriter,
    path: &RootPath,
    node: &Node,
    date: i64,
    content: &mut dyn Read,
) -> Result<(), WriteError> {
    let size = match &node.kind {
        Kind::File { content, .. } => content.size(),
        _ => 0,
    };
    writer.entry(&head(path, node, date, size), content)
}

fn head(path: &RootPath, node: &Node, date: i64, size: u64) -> Head {
    let mut xattrs = Xattrs::new();
    if let Some(capability) = &node.capability {
        xattrs.insert((*b"security.capability").into(), capability.to_vec().into_boxed_slice());
    }
    Head {
        path: path.clone(),
        mark: Mark::Present,
        kind: match &node.kind {
            Kind::Directory => casehard_image::Kind::Directory,
            Kind::Symlink(target) => casehard_image::Kind::Symlink(target.clone()),
            Kind::File { .. } => casehard_image::Kind::File,
            Kind::Fifo => casehard_image::Kind::Fifo,
        },
        mode: node.mode,
        uid: node.uid,
        gid: node.gid,
        mtime: node.mtime.map_or(date, |mtime| mtime.min(date)),
        size,
        xattrs,
    }
}
