//! Berkeley DB hash databases: `Packages` (Berkeley DB `dbinc/db_page.h`), read-only.

use super::{Broken, budget, four};

/// Bytes of a page's header.
const HEAD: usize = 26;
const HASH_MAGIC: u32 = 0x0006_1561;
const HASH_UNSORTED: u8 = 2;
const HASH: u8 = 13;
const OVERFLOW: u8 = 7;
const KEY_DATA: u8 = 1;
const OFF_PAGE: u8 = 3;

struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    is_big_endian: bool,
}

/// The package headers: the values of the hash, but for that of key 0.
pub(super) fn blobs(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Broken> {
    let magic = four(bytes, 12).ok_or("truncated")?;
    let is_big_endian = match magic {
        magic if u32::from_le_bytes(magic) == HASH_MAGIC => false,
        magic if u32::from_be_bytes(magic) == HASH_MAGIC => true,
        _ => return Err("not a Berkeley DB hash"),
    };
    let mut database = Database { bytes, page_size: 0, is_big_endian };
    database.page_size = database.long(bytes, 20).ok_or("truncated")? as usize;
    if !(512..=65_536).contains(&database.page_size) || !database.page_size.is_power_of_two() {
        return Err("page size that Berkeley DB does not have");
    }
    let mut left = budget(bytes);
    let mut blobs = Vec::new();
    for page in bytes.chunks_exact(database.page_size).skip(1) {
        if !matches!(page[25], HASH | HASH_UNSORTED) {
            continue;
        }
        let entries = usize::from(database.short(page, 20));
        // Keys and values take turns.
        for index in (1..entries).step_by(2) {
            let Some(slot) = page.get(HEAD + index * 2..HEAD + index * 2 + 2) else { break };
            let at = usize::from(database.short(slot, 0));
            let before = HEAD + (index - 1) * 2;
            let end = usize::from(database.short(page, before));
            let Some(item) = page.get(at..) else { continue };
            let blob = match item.first() {
                Some(&OFF_PAGE) => database.overflow(item).ok_or("broken chain of pages")?,
                Some(&KEY_DATA) => page.get(at + 1..end.max(at + 1)).unwrap_or_default().to_vec(),
                _ => continue,
            };
            left = left.checked_sub(blob.len()).ok_or("records that share pages")?;
            // Key 0 has the highest number in use, which is no header.
            if blob.len() >= 16 {
                blobs.push(blob);
            }
        }
    }
    Ok(blobs)
}

impl Database<'_> {
    fn long(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let four = four(bytes, at)?;
        Some(if self.is_big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn short(&self, bytes: &[u8], at: usize) -> u16 {
        let two = bytes.get(at..at + 2).map_or([0; 2], |two| [two[0], two[1]]);
        if self.is_big_endian { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) }
    }

    /// A value that stands on pages of its own.
    fn overflow(&self, item: &[u8]) -> Option<Vec<u8>> {
        let mut number = self.long(item, 4)?;
        let size = self.long(item, 8)? as usize;
        if size > self.bytes.len() {
            return None;
        }
        let mut value = Vec::new();
        while value.len() < size {
            let start = (number as usize).checked_mul(self.page_size)?;
            let page = self.bytes.get(start..start.checked_add(self.page_size)?)?;
            let length = usize::from(self.short(page, 22));
            if page[25] != OVERFLOW || length == 0 {
                return None;
            }
            value.extend_from_slice(page.get(HEAD..HEAD + length)?);
            number = self.long(page, 16)?;
        }
        value.truncate(size);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A meta page, a hash page with one inline and one far value, and overflow pages.
    fn database(inline: &[u8], far: &[u8]) -> Vec<u8> {
        const PAGE: usize = 512;
        let mut meta = vec![0; PAGE];
        meta[12..16].copy_from_slice(&HASH_MAGIC.to_le_bytes());
        meta[20..24].copy_from_slice(&(PAGE as u32).to_le_bytes());
        let mut page = vec![0; PAGE];
        page[20..22].copy_from_slice(&4u16.to_le_bytes());
        page[25] = HASH;
        let mut end = PAGE;
        let far_item =
            [&[OFF_PAGE, 0, 0, 0][..], &2u32.to_le_bytes(), &(far.len() as u32).to_le_bytes()].concat();
        let items = [
            vec![KEY_DATA, 1, 0, 0, 0],
            [&[KEY_DATA], inline].concat(),
            vec![KEY_DATA, 2, 0, 0, 0],
            far_item,
        ];
        for (index, item) in items.iter().enumerate() {
            end -= item.len();
            page[end..end + item.len()].copy_from_slice(item);
            page[HEAD + index * 2..HEAD + index * 2 + 2].copy_from_slice(&(end as u16).to_le_bytes());
        }
        let mut file = [meta, page].concat();
        for (index, chunk) in far.chunks(PAGE - HEAD).enumerate() {
            let mut page = vec![0; PAGE];
            page[16..20].copy_from_slice(&(index as u32 + 3).to_le_bytes());
            page[22..24].copy_from_slice(&(chunk.len() as u16).to_le_bytes());
            page[25] = OVERFLOW;
            page[HEAD..HEAD + chunk.len()].copy_from_slice(chunk);
            file.extend(page);
        }
        file
    }

    #[test]
    fn values_inline_and_far() {
        let far: Vec<u8> = (0..1500).map(|at| (at % 251) as u8).collect();
        assert_eq!(blobs(&database(&[9; 40], &far)), Ok(vec![vec![9; 40], far]));
        assert_eq!(blobs(&[0; 600]), Err("not a Berkeley DB hash"));
    }

    proptest::proptest! {
        #[test]
        fn broken_databases_end(at in 12usize..1500, byte: u8, cut in 0usize..3000) {
            let mut file = database(&[9; 40], &[7; 1200]);
            file[at] = byte;
            file.truncate(cut);
            let _ = blobs(&file);
        }
    }
}
