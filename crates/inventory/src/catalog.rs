//! One pass over an image that feeds every cataloger.

use std::{collections::BTreeSet, sync::Mutex};

use casehard_image::{Facts, Head, Image, Inspect, ReadError, Tree, Want, read};
use casehard_oci::RootPath;

use crate::{
    Cataloger, File, FileFacts, Inventory, Piece, Pieces, catalogers, elf::Elf, facts, facts::Depth, join,
};

/// What catalogers and facts keep of one file.
#[derive(Debug)]
pub struct Found {
    pub(crate) facts: FileFacts,
    /// What it says about packages, with the cataloger's index in [`catalogers::ALL`].
    pub(crate) pieces: Vec<(usize, Vec<Piece>)>,
    /// What could not be read of it.
    pub(crate) unknown: Option<String>,
}

/// Draws packages and facts from files. See [`Catalog::new`].
#[derive(Debug)]
pub struct Catalog {
    catalogers: &'static [&'static Cataloger],
    depth: Depth,
    too_large: Mutex<BTreeSet<(RootPath, u64)>>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self { catalogers: catalogers::ALL, depth: Depth::default(), too_large: Mutex::default() }
    }
}

impl Catalog {
    /// Every cataloger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every cataloger, and facts of files to this depth.
    #[must_use]
    pub fn to(depth: Depth) -> Self {
        Self { depth, ..Self::default() }
    }

    /// The inventory, once the image was read with this as its [`Inspect`].
    #[must_use]
    pub fn finish(self, tree: &Tree, facts: Facts<Found>) -> Inventory {
        let too_large = self.too_large.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        join::join(tree, facts, too_large)
    }

    /// The largest size any of those who read this file take; `None` when nobody reads it.
    fn limit(&self, path: &RootPath, start: &[u8]) -> Option<u64> {
        let is_elf = Elf::is_elf(start);
        let readers =
            self.catalogers.iter().filter(|one| one.reads.matches(path.as_bytes(), is_elf).is_some());
        readers
            .map(|one| one.limit)
            .chain([facts::wanted(path, start, self.depth)])
            .max()
            .filter(|limit| *limit > 0)
    }
}

impl Inspect for Catalog {
    type Fact = Found;

    fn wants(&self, head: &Head, start: &[u8]) -> Want {
        match self.limit(&head.path, start) {
            None => Want::Nothing,
            Some(limit) => {
                if head.size > limit {
                    let mut too_large =
                        self.too_large.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    too_large.insert((head.path.clone(), head.size));
                }
                Want::Whole(limit)
            }
        }
    }

    fn inspect(&self, path: &RootPath, head: &Head, bytes: &[u8]) -> Option<Found> {
        let is_elf = Elf::is_elf(bytes);
        let mut found =
            Found { facts: FileFacts::read(path, bytes, self.depth), pieces: Vec::new(), unknown: None };
        for (index, cataloger) in self.catalogers.iter().enumerate() {
            if bytes.len() as u64 > cataloger.limit
                || cataloger.reads.matches(path.as_bytes(), is_elf).is_none()
            {
                continue;
            }
            let mut out = Pieces::default();
            (cataloger.parse)(&File { path, mode: head.mode, bytes }, &mut out);
            if !out.pieces.is_empty() {
                found.pieces.push((index, out.pieces));
            }
            found.unknown = found.unknown.or(out.unknown);
        }
        let is_empty = found.facts.is_empty() && found.pieces.is_empty() && found.unknown.is_none();
        (!is_empty).then_some(found)
    }
}

/// Two who look at files in one pass.
struct Both<'a, A, B>(&'a A, &'a B);

impl<A: Inspect, B: Inspect> Inspect for Both<'_, A, B> {
    type Fact = (Option<A::Fact>, Option<B::Fact>);

    fn wants(&self, head: &Head, start: &[u8]) -> Want {
        match (self.0.wants(head, start), self.1.wants(head, start)) {
            (Want::Whole(a), Want::Whole(b)) => Want::Whole(a.max(b)),
            (Want::Nothing, want) | (want, Want::Nothing) => want,
        }
    }

    fn room(&self) -> u64 {
        self.0.room().max(self.1.room())
    }

    fn inspect(&self, path: &RootPath, head: &Head, bytes: &[u8]) -> Option<Self::Fact> {
        let start = &bytes[..bytes.len().min(4096)];
        let takes = |want| matches!(want, Want::Whole(limit) if head.size <= limit);
        let first = takes(self.0.wants(head, start)).then(|| self.0.inspect(path, head, bytes)).flatten();
        let second = takes(self.1.wants(head, start)).then(|| self.1.inspect(path, head, bytes)).flatten();
        (first.is_some() || second.is_some()).then_some((first, second))
    }
}

/// Reads an image once, and says what is in it.
///
/// # Errors
/// When a layer cannot be read, is not what its digests say, or exceeds a limit.
pub fn catalog(image: &Image) -> Result<(Tree, Inventory), ReadError> {
    let (tree, inventory, _) = catalog_with(image, &())?;
    Ok((tree, inventory))
}

/// Reads an image once, and says what is in it; `other` looks at the files in the same pass.
///
/// # Errors
/// When a layer cannot be read, is not what its digests say, or exceeds a limit.
pub fn catalog_with<I: Inspect>(
    image: &Image,
    other: &I,
) -> Result<(Tree, Inventory, Facts<I::Fact>), ReadError> {
    read_with(image, Catalog::new(), other)
}

/// The same as [`catalog`] but for what files need ([`Depth::Packages`]): enough to say what is there and what is
/// wrong with it, in a fraction of the time.
///
/// # Errors
/// When a layer cannot be read, is not what its digests say, or exceeds a limit.
pub fn survey(image: &Image) -> Result<(Tree, Inventory), ReadError> {
    let (tree, inventory, _) = survey_with(image, &())?;
    Ok((tree, inventory))
}

/// The same as [`catalog_with`] but for what files need ([`Depth::Packages`]).
///
/// # Errors
/// When a layer cannot be read, is not what its digests say, or exceeds a limit.
pub fn survey_with<I: Inspect>(
    image: &Image,
    other: &I,
) -> Result<(Tree, Inventory, Facts<I::Fact>), ReadError> {
    read_with(image, Catalog::to(Depth::Packages), other)
}

fn read_with<I: Inspect>(
    image: &Image,
    catalog: Catalog,
    other: &I,
) -> Result<(Tree, Inventory, Facts<I::Fact>), ReadError> {
    let (tree, facts) = read(image, &Both(&catalog, other))?;
    let (facts, others) = facts.unzip();
    let inventory = catalog.finish(&tree, facts);
    Ok((tree, inventory, others))
}
