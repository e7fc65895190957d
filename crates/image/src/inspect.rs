//! One pass over an image: the merged tree, and facts from file contents.

use std::{collections::HashMap, io::Read as _};

use casehard_oci::RootPath;

use crate::{Entry, EntryReader, Head, Image, Kind, Mark, ReadError, Tree, tree::Merge};

/// How much of a file somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// Nothing.
    Nothing,
    /// Everything, up to this many bytes; a larger file is not shown.
    Whole(u64),
}

/// Somebody who draws facts from file contents while the image streams past. Files of layers are shown as they
/// come; the fact of a file that an upper layer replaces or removes is dropped.
pub trait Inspect: Sync {
    /// What is kept about a file.
    type Fact: Send;

    /// Whether to be shown a regular file, from its header and its first bytes (up to 4,096 of them).
    fn wants(&self, head: &Head, start: &[u8]) -> Want;

    /// Draws a fact from a file's bytes. Called only for files that were wanted and are within the wanted size.
    fn inspect(&self, path: &RootPath, head: &Head, bytes: &[u8]) -> Option<Self::Fact>;
}

/// Nobody: the tree alone.
impl Inspect for () {
    type Fact = ();
    fn wants(&self, _: &Head, _: &[u8]) -> Want {
        Want::Nothing
    }
    fn inspect(&self, _: &RootPath, _: &Head, _: &[u8]) -> Option<()> {
        None
    }
}

/// The facts of the files that are in the merged tree, by inode: names of one file share one fact.
#[derive(Debug)]
pub struct Facts<T>(HashMap<u32, T>);

impl<T> Facts<T> {
    /// The fact of an entry.
    #[must_use]
    pub fn get(&self, entry: Entry<'_>) -> Option<&T> {
        self.0.get(&entry.inode())
    }

    /// The same entries with other facts; those for which there is none are dropped.
    #[must_use]
    pub fn map<U>(self, mut fact: impl FnMut(T) -> Option<U>) -> Facts<U> {
        Facts(self.0.into_iter().filter_map(|(inode, old)| Some((inode, fact(old)?))).collect())
    }
}

impl<A, B> Facts<(Option<A>, Option<B>)> {
    /// The facts of two who looked at the same time.
    #[must_use]
    pub fn unzip(self) -> (Facts<A>, Facts<B>) {
        let (mut first, mut second) = (HashMap::new(), HashMap::new());
        for (inode, (a, b)) in self.0 {
            first.extend(a.map(|fact| (inode, fact)));
            second.extend(b.map(|fact| (inode, fact)));
        }
        (Facts(first), Facts(second))
    }
}

/// Bytes of a file that decide whether it is wanted.
const START: usize = 4096;

/// Reads every layer of `image` once, layers in parallel where the machine has processors, into the merged tree.
///
/// # Errors
/// When a layer cannot be read, is not what its digests say, or exceeds a limit.
pub fn read<I: Inspect>(image: &Image, inspect: &I) -> Result<(Tree, Facts<I::Fact>), ReadError> {
    let mut merge = Merge::new(image.limits());
    let mut facts = HashMap::new();
    let mut start = vec![0; START];
    for (index, layer) in image.layers().iter().enumerate() {
        merge.begin(u16::try_from(index).unwrap_or(u16::MAX));
        let mut entries = image.entries(index)?;
        let mut ordinal = 0;
        while let Some(mut entry) = entries.next()? {
            let fact = look(&mut entry, inspect, &mut start)?;
            let explain = |source| ReadError::Merge { layer: layer.descriptor.digest, source };
            let inode = merge.apply(&entry.head, ordinal).map_err(explain)?;
            for dead in merge.dead.drain(..) {
                facts.remove(&dead);
            }
            if let (Some(inode), Some(fact)) = (inode, fact) {
                facts.insert(inode, fact);
            }
            ordinal += 1;
        }
    }
    Ok((merge.finish(), Facts(facts)))
}

/// The fact of an entry, if it is a file that is wanted.
fn look<I: Inspect>(
    entry: &mut EntryReader<'_>,
    inspect: &I,
    start: &mut [u8],
) -> Result<Option<I::Fact>, ReadError> {
    if entry.head.mark != Mark::Present || entry.head.kind != Kind::File {
        return Ok(None);
    }
    let path = entry.head.path.clone();
    let explain = |error| ReadError::io(path.to_string(), error);
    let mut filled = 0;
    while filled < start.len() {
        match entry.read(&mut start[filled..]).map_err(explain)? {
            0 => break,
            read => filled += read,
        }
    }
    let start = &start[..filled];
    match inspect.wants(&entry.head, start) {
        Want::Whole(limit) if entry.head.size <= limit => {}
        _ => return Ok(None),
    }
    let mut bytes = start.to_vec();
    entry.read_to_end(&mut bytes).map_err(explain)?;
    Ok(inspect.inspect(&path, &entry.head, &bytes))
}
