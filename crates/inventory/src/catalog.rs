//! One pass over an image that feeds every cataloger.

use std::{collections::BTreeSet, ops::Range, sync::Mutex};

use casehard_image::{Ahead, Facts, Head, Image, Inspect, ReadError, Tree, Want, read};
use casehard_oci::RootPath;

use crate::{
    Cataloger, File, FileFacts, Inventory, Piece, Pieces, Reads, catalogers,
    elf::{Elf, Peek},
    facts,
    facts::Depth,
    join,
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

    fn parts(&self, head: &Head, start: &[u8], ahead: &Ahead<'_>) -> Option<Vec<Range<u64>>> {
        if self.depth != Depth::Packages || !Elf::is_elf(start) {
            return None;
        }
        let peek = Peek::new(ahead);
        for cataloger in self.catalogers {
            match cataloger.reads {
                Reads::Elf(read) => read(&head.path, &peek),
                Reads::Paths(_) if cataloger.reads.matches(head.path.as_bytes(), true).is_some() => {
                    return None;
                }
                Reads::Paths(_) => {}
            }
        }
        Elf::linkage_of(&peek);
        peek.parts()
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

/// Two who look at files in one pass; [`Facts::unzip`] parts what they keep.
#[derive(Debug)]
pub struct Both<'a, A, B>(pub &'a A, pub &'a B);

impl<A: Inspect, B: Inspect> Inspect for Both<'_, A, B> {
    type Fact = (Option<A::Fact>, Option<B::Fact>);

    fn wants(&self, head: &Head, start: &[u8]) -> Want {
        match (self.0.wants(head, start), self.1.wants(head, start)) {
            (Want::Whole(a), Want::Whole(b)) => Want::Whole(a.max(b)),
            (Want::Nothing, want) | (want, Want::Nothing) => want,
        }
    }

    fn parts(&self, head: &Head, start: &[u8], ahead: &Ahead<'_>) -> Option<Vec<Range<u64>>> {
        let takes = |want| matches!(want, Want::Whole(limit) if head.size <= limit);
        let mut parts = Vec::new();
        if takes(self.0.wants(head, start)) {
            parts.extend(self.0.parts(head, start, ahead)?);
        }
        if takes(self.1.wants(head, start)) {
            parts.extend(self.1.parts(head, start, ahead)?);
        }
        Some(parts)
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

#[cfg(test)]
mod tests {
    use std::io;

    use casehard_image::{Kind, Mark};

    use super::*;
    use crate::elf::test_program::{Program, build};

    fn head(path: &str, size: usize) -> Head {
        Head {
            path: path.parse().unwrap(),
            mark: Mark::Present,
            kind: Kind::File,
            mode: 0o755,
            uid: 0,
            gid: 0,
            mtime: 0,
            size: size as u64,
            xattrs: Default::default(),
        }
    }

    /// The parts of a file that are enough, and the file with zeros for all that is in none of them.
    fn holed(path: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        let read = |buffer: &mut [u8], place: u64| -> io::Result<()> {
            let place = place as usize;
            buffer.copy_from_slice(&bytes[place..place + buffer.len()]);
            Ok(())
        };
        let ahead = Ahead::new(bytes.len() as u64, &read);
        let start = &bytes[..bytes.len().min(4096)];
        let parts = Catalog::to(Depth::Packages).parts(&head(path, bytes.len()), start, &ahead)?;
        let mut held = vec![0; bytes.len()];
        for part in parts {
            let part = part.start as usize..part.end as usize;
            held[part.clone()].copy_from_slice(&bytes[part]);
        }
        Some(held)
    }

    fn found(path: &str, bytes: &[u8]) -> String {
        let head = head(path, bytes.len());
        format!("{:?}", Catalog::to(Depth::Packages).inspect(&head.path, &head, bytes))
    }

    /// A program with a large section between each two that are read.
    fn program() -> Vec<u8> {
        let note = |owner: &[u8], kind: u32, json: &[u8]| {
            let numbers = [owner.len() as u32, json.len() as u32, kind].map(u32::to_le_bytes);
            [&numbers.concat(), owner, json].concat()
        };
        let code = vec![0x90; 40_000];
        let package = note(b"FDO\0", 0xcafe_1a7e, br#"{"type":"x","name":"tool","version":"1"}"#);
        let opens = note(b"FDO\0", 0x407c_0c0a, br#"[{"soname":["libz.so.1"],"feature":"z"}]"#);
        let go = [&b"\xff Go buildinf:\x08\x02"[..], &[0; 16], b"\x08go1.22.1\0"].concat();
        build(&Program {
            interpreter: Some("/lib64/ld.so"),
            needed: &["libc.so.6"],
            runpath: Some("$ORIGIN"),
            imports: &["SSL_CTX_set_default_verify_paths", "iconv_open"],
            sections: &[
                (".text", &code),
                (".note.package", &package),
                (".rodata", &code),
                (".go.buildinfo", &go),
                (".data", &code),
                (".note.dlopen", &opens),
                (".dep-v0", b"broken"),
                (".debug", &code),
            ],
            ..Program::default()
        })
    }

    #[test]
    fn the_parts_of_a_program_say_as_much_as_all_of_it() {
        let bytes = program();
        let held = holed("/usr/bin/tool", &bytes).unwrap();
        assert!(held.iter().filter(|byte| **byte == 0x90).count() < 40_000, "code is not held");
        let whole = found("/usr/bin/tool", &bytes);
        for part in [
            "interpreter: Some",
            "runpath: Some",
            "converts: true",
            "verifies: true",
            "1.22.1",
            "libz.so.1",
            "tool",
            "inflated",
        ] {
            assert!(whole.contains(part), "{part}: {whole}");
        }
        assert_eq!(found("/usr/bin/tool", &held), whole);
        // What a program of this name is stands anywhere in it, and this is no program to start.
        assert_eq!(holed("/usr/bin/nginx", &bytes), None);
        assert_eq!(holed("/lib/modules/x.ko", &bytes), None);
        assert_eq!(holed("/usr/bin/tool", b"#!/bin/sh\n"), None);
        // Without a table of sections the mark of Go is sought everywhere.
        let mut bytes = build(&Program::default());
        bytes.resize(bytes.len() + (32 << 20), 0);
        assert_eq!(holed("/usr/bin/tool", &bytes), None);
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
    fn the_test_program_itself_needs_few_parts() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        if !Elf::is_elf(&bytes) {
            return eprintln!(
                "skipped: the_test_program_itself_needs_few_parts: this machine's programs are not ELF"
            );
        }
        let held = holed("/usr/bin/tool", &bytes).unwrap();
        assert_eq!(found("/usr/bin/tool", &held), found("/usr/bin/tool", &bytes));
        assert_ne!(held, bytes);
    }

    proptest::proptest! {
        #[test]
        fn broken_programs_need_the_same_parts(
            changes in proptest::collection::vec((0usize..700, proptest::num::u8::ANY), 0..4),
            table in proptest::collection::vec((0usize..700, proptest::num::u8::ANY), 0..4),
            cut in 0usize..500,
        ) {
            let mut bytes = program();
            let length = bytes.len();
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            for (at, byte) in table {
                bytes[length - 1 - at] = byte;
            }
            bytes.truncate(length - cut.saturating_sub(300));
            if let Some(held) = holed("/usr/bin/tool", &bytes) {
                proptest::prop_assert_eq!(found("/usr/bin/tool", &held), found("/usr/bin/tool", &bytes));
            }
        }
    }
}
