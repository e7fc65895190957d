//! Whether files have the same bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    sync::Arc,
};

use casehard_image::{Entry, Image, ReadError};
use casehard_oci::{Digest, Hasher};

/// Where the bytes of a file stand: a layer, and which entry of it.
type Place = (usize, u32);

/// For each pair of files of the same size whether their bytes are the same. Those that stand at the same place of the
/// same layer are; the others are hashed, in one pass over the layers that have them.
pub(super) fn alike(
    before: &Image,
    after: &Image,
    pairs: &[(Entry<'_>, Entry<'_>)],
) -> Result<Vec<bool>, ReadError> {
    let layer = |image: &Image, place: Option<Place>| {
        place.and_then(|(layer, ordinal)| Some((image.layers().get(layer)?.diff_id, ordinal)))
    };
    let mut open = Vec::new();
    let mut wanted = (BTreeSet::new(), BTreeSet::new());
    for (one, two) in pairs {
        let places = (place(*one), place(*two));
        let same = layer(before, places.0).is_some() && layer(before, places.0) == layer(after, places.1);
        if !same {
            wanted.0.extend(places.0);
            wanted.1.extend(places.1);
        }
        open.push((same, places));
    }
    let ones = digests(before, &wanted.0)?;
    let twos = digests(after, &wanted.1)?;
    let digest =
        |of: &BTreeMap<Place, Digest>, place: Option<Place>| place.and_then(|place| of.get(&place).copied());
    Ok(open
        .into_iter()
        .map(|(same, places)| {
            let (one, two) = (digest(&ones, places.0), digest(&twos, places.1));
            same || (one.is_some() && one == two)
        })
        .collect())
}

fn place(entry: Entry<'_>) -> Option<Place> {
    entry.bytes_at().or_else(|| Some((entry.layer(), entry.ordinal()?)))
}

fn digests(image: &Image, wanted: &BTreeSet<Place>) -> Result<BTreeMap<Place, Digest>, ReadError> {
    let mut found = BTreeMap::new();
    let layers: BTreeSet<usize> = wanted.iter().map(|(layer, _)| *layer).collect();
    let mut buffer = vec![0; 128 << 10];
    for layer in layers {
        let mut entries = image.entries(layer)?;
        let mut ordinal = 0;
        while let Some(mut entry) = entries.next()? {
            if wanted.contains(&(layer, ordinal)) {
                let mut hasher = Hasher::new();
                loop {
                    match entry.read(&mut buffer) {
                        Ok(0) => break,
                        Ok(read) => hasher.update(&buffer[..read]),
                        Err(error) => {
                            let what = entry.head.path.to_string();
                            return Err(ReadError::Io { what, source: Arc::new(error) });
                        }
                    }
                }
                found.insert((layer, ordinal), hasher.finish());
            }
            ordinal += 1;
        }
    }
    Ok(found)
}
