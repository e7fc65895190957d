//! What the fuzz targets reach that nobody else does: layers that no documents speak of.

use std::io::{Cursor, Read as _};

use casehard_oci::{Compression, Descriptor, Digest, MediaType};

use crate::{
    Entries, Layer, Limits, ReadError,
    layer::Budget,
    tree::{Merge, Tree},
};

/// Limits that a fuzzer does not wait for.
#[must_use]
pub fn limits() -> Limits {
    Limits { unpacked: 16 << 20, entries: 10_000, metadata: 1 << 20, ..Limits::default() }
}

/// Reads all entries with their content, and lays them onto a tree.
///
/// # Errors
/// When the layer is broken: its diff id is unknown, so it always is in the end.
pub fn read_layers(blobs: &[&[u8]], compression: Compression) -> Result<Tree, ReadError> {
    let limits = limits();
    let budget = Budget::new(&limits);
    let mut merge = Merge::new(&limits);
    for (index, blob) in blobs.iter().enumerate() {
        merge.begin(u16::try_from(index).unwrap_or(u16::MAX));
        let descriptor = Descriptor::of(MediaType::OciLayer(compression), blob);
        let layer = Layer { descriptor, diff_id: Digest::of(blob), compression };
        let mut entries = Entries::new(Box::new(Cursor::new(blob.to_vec())), &layer, &limits, &budget)?;
        let mut ordinal = 0;
        while let Some(mut entry) = entries.next()? {
            let mut content = Vec::new();
            let read = entry.read_to_end(&mut content).map_err(|error| ReadError::io("content", error))?;
            assert_eq!(read as u64, if entry.head.kind == crate::Kind::File { entry.head.size } else { 0 });
            let layer = descriptor_digest(&layer);
            merge.apply(&entry.head, ordinal).map_err(|source| ReadError::Merge { layer, source })?;
            ordinal += 1;
        }
    }
    let tree = merge.finish();
    check(&tree);
    Ok(tree)
}

/// Reads what a daemon or a registry may answer.
pub fn read_answer(bytes: &[u8]) {
    crate::daemon::read_answer(bytes.to_vec());
    if let Ok(text) = std::str::from_utf8(bytes) {
        crate::registry::read_headers(text);
    }
}

const fn descriptor_digest(layer: &Layer) -> Digest {
    layer.descriptor.digest
}

/// What holds for every tree.
fn check(tree: &Tree) {
    let mut count = 0;
    let mut before = None;
    for entry in tree.walk() {
        count += 1;
        let path = entry.path();
        assert_eq!(tree.get(&path).map(crate::Entry::id), Some(entry.id()));
        assert!(before.is_none_or(|before| before < path), "in order");
        assert_eq!(entry.names().count(), entry.links() as usize);
        let _ = tree.resolve(&path);
        before = Some(path);
    }
    assert_eq!(count, tree.len());
}
