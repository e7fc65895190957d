//! Putting the entries of one layer in order: layers of equal content have equal bytes, in whatever order the original's
//! came.

use std::{
    fs::File,
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use casehard_oci::RootPath;

use super::apply::Out;
use crate::{Kind, NodeId, WriteError};

/// Where an entry is.
const NOT_SEEN: u64 = u64::MAX;
/// Entries without bytes are there as soon as they were seen.
const HERE: u64 = u64::MAX - 1;

/// Takes the entries of a layer as they come and hands them on in order: at once when it is their turn, and out of a
/// file when they came before.
pub(super) struct Sorted<'a, 'b> {
    out: Out<'a>,
    order: &'b [NodeId],
    /// The rank whose turn it is.
    next: usize,
    /// By rank, where the bytes of what came early begin in the file. Empty while all come in order.
    waiting: Vec<u64>,
    early: Early,
}

impl<'a, 'b> Sorted<'a, 'b> {
    /// What is early waits in a file in `folder`.
    pub(super) fn new(out: Out<'a>, order: &'b [NodeId], folder: &Path) -> Self {
        let early = Early { folder: folder.to_owned(), file: None, end: 0 };
        Self { out, order, next: 0, waiting: Vec::new(), early }
    }

    /// An entry that no entry of the layer brings.
    pub(super) fn made_up(&mut self, rank: usize) {
        self.mark(rank, HERE);
    }

    /// Takes the entry of a rank.
    pub(super) fn take(
        &mut self,
        rank: usize,
        kind: &Kind,
        path: &RootPath,
        content: &mut dyn Read,
    ) -> Result<(), WriteError> {
        self.turn()?;
        let node = self.order[rank];
        if rank == self.next {
            self.next += 1;
            return self.out.node(node, kind, path, content);
        }
        let at = match self.out.content_size(node, kind, path)? {
            Some(size) => self.early.keep(size, path, content)?,
            None => HERE,
        };
        self.mark(rank, at);
        Ok(())
    }

    /// Hands on the rest; whether all that was to come has come.
    pub(super) fn finish(mut self) -> Result<bool, WriteError> {
        self.turn()?;
        Ok(self.next == self.order.len())
    }

    fn mark(&mut self, rank: usize, at: u64) {
        if self.waiting.is_empty() {
            self.waiting = vec![NOT_SEEN; self.order.len()];
        }
        self.waiting[rank] = at;
    }

    /// Hands on what has waited and whose turn it is.
    fn turn(&mut self) -> Result<(), WriteError> {
        while let Some(at) = self.waiting.get(self.next).copied().filter(|at| *at != NOT_SEEN) {
            let node = self.order[self.next];
            self.next += 1;
            if at == HERE {
                self.out.without_bytes(node)?;
            } else {
                let mut content = self.early.read(at, self.out.size(node))?;
                self.out.with_bytes(node, &mut content)?;
            }
        }
        Ok(())
    }
}

/// The bytes of what came early.
struct Early {
    folder: PathBuf,
    file: Option<File>,
    end: u64,
}

impl Early {
    /// Where the bytes begin from now on.
    fn keep(&mut self, size: u64, path: &RootPath, content: &mut dyn Read) -> Result<u64, WriteError> {
        let explain = |source| WriteError::Io { path: self.folder.clone(), source };
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.folder).map_err(explain)?),
        };
        // Reading moves the place.
        file.seek(SeekFrom::Start(self.end)).map_err(explain)?;
        let copied = io::copy(content, file).map_err(explain)?;
        if copied != size {
            return Err(WriteError::OtherEntry { path: path.clone() });
        }
        let at = self.end;
        self.end += copied;
        Ok(at)
    }

    fn read(&mut self, at: u64, size: u64) -> Result<io::Take<&mut File>, WriteError> {
        let explain = |source| WriteError::Io { path: self.folder.clone(), source };
        let nothing = || explain(io::ErrorKind::NotFound.into());
        let file = self.file.as_mut().ok_or_else(nothing)?;
        file.flush().map_err(explain)?;
        file.seek(SeekFrom::Start(at)).map_err(explain)?;
        Ok(file.take(size))
    }
}
