//! The one table of an SQLite database that holds package headers (SQLite, *Database file format*), read-only.

use std::cell::Cell;

use super::{Broken, budget, four};

/// A database file as pages.
struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    /// Bytes of a page without what is reserved at its end.
    usable: usize,
    /// Bytes of records that may still be read.
    left: Cell<usize>,
}

/// Table b-trees are rarely deeper than four levels.
const DEEPEST: usize = 32;

/// The blobs of a table whose records are `(integer primary key, blob)`.
pub(super) fn blobs(bytes: &[u8], table: &str) -> Result<Vec<Vec<u8>>, Broken> {
    if !bytes.starts_with(b"SQLite format 3\0") {
        return Err("not an SQLite database");
    }
    let size = bytes.get(16..18).map_or(0, |two| usize::from(u16::from_be_bytes([two[0], two[1]])));
    let page_size = if size == 1 { 65_536 } else { size };
    if page_size < 512 || !page_size.is_power_of_two() {
        return Err("page size that SQLite does not have");
    }
    let reserved = usize::from(*bytes.get(20).ok_or("truncated")?);
    let database = Database {
        bytes,
        page_size,
        usable: page_size - reserved.min(page_size - 480),
        left: Cell::new(budget(bytes)),
    };
    let mut root = None;
    database.walk(1, &mut |record| {
        let columns = columns(record)?;
        let text = |at: usize| columns.get(at).map(|(_, bytes)| *bytes);
        if text(0) == Some(b"table") && text(1) == Some(table.as_bytes()) {
            root = columns
                .get(3)
                .map(|(_, bytes)| bytes.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)));
        }
        Some(())
    })?;
    let mut blobs = Vec::new();
    database.walk(root.ok_or("no table of packages")?, &mut |record| {
        let (_, blob) = columns(record)?.into_iter().find(|(kind, _)| *kind >= 12 && kind % 2 == 0)?;
        blobs.push(blob.to_vec());
        Some(())
    })?;
    Ok(blobs)
}

impl Database<'_> {
    fn page(&self, number: u32) -> Option<&[u8]> {
        let start = (number as usize).checked_sub(1)?.checked_mul(self.page_size)?;
        self.bytes.get(start..start.checked_add(self.page_size)?)
    }

    /// Shows every record of the table whose tree begins at page `root`.
    fn walk(&self, root: u32, record: &mut dyn FnMut(&[u8]) -> Option<()>) -> Result<(), Broken> {
        let mut seen = vec![false; self.bytes.len() / self.page_size + 1];
        let mut stack = vec![(root, 0)];
        while let Some((number, depth)) = stack.pop() {
            let page = self.page(number).ok_or("page outside the file")?;
            let seen = seen.get_mut(number as usize).ok_or("page outside the file")?;
            if std::mem::replace(seen, true) || depth > DEEPEST {
                return Err("pages in a circle");
            }
            // The first page begins with the header of the file.
            let head = if number == 1 { 100 } else { 0 };
            let kind = page[head];
            let count = usize::from(u16::from_be_bytes([page[head + 3], page[head + 4]]));
            let cells = head + if kind == 5 { 12 } else { 8 };
            let pointers = page.get(cells..cells + count * 2).ok_or("cells outside their page")?;
            let offsets =
                pointers.chunks_exact(2).map(|two| usize::from(u16::from_be_bytes([two[0], two[1]])));
            match kind {
                5 => {
                    let last = four(page, head + 8).map(u32::from_be_bytes);
                    let children = offsets.filter_map(|at| four(page, at).map(u32::from_be_bytes));
                    stack.extend(children.chain(last).map(|child| (child, depth + 1)));
                }
                13 => {
                    for at in offsets {
                        let payload = self.payload(page, at).ok_or("broken record")?;
                        record(&payload).ok_or("broken record")?;
                    }
                }
                _ => return Err("page of an unknown kind"),
            }
        }
        Ok(())
    }

    /// The payload of a leaf cell, put together from its overflow pages.
    fn payload(&self, page: &[u8], at: usize) -> Option<Vec<u8>> {
        let (size, used) = varint(page.get(at..)?)?;
        let (_, key) = varint(page.get(at + used..)?)?;
        let start = at + used + key;
        let size = usize::try_from(size).ok().filter(|size| *size <= self.bytes.len())?;
        self.left.set(self.left.get().checked_sub(size)?);
        let most = self.usable - 35;
        let local = if size <= most {
            size
        } else {
            let least = (self.usable - 12) * 32 / 255 - 23;
            let fit = least + (size - least) % (self.usable - 4);
            if fit <= most { fit } else { least }
        };
        let mut payload = page.get(start..start + local)?.to_vec();
        let mut next = if local < size { u32::from_be_bytes(four(page, start + local)?) } else { 0 };
        while payload.len() < size {
            let page = self.page(next)?;
            let more = (size - payload.len()).min(self.usable - 4);
            payload.extend_from_slice(page.get(4..4 + more)?);
            next = u32::from_be_bytes(four(page, 0)?);
        }
        Some(payload)
    }
}

/// The columns of a record: serial type and bytes.
fn columns(record: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let (size, mut at) = varint(record)?;
    let size = usize::try_from(size).ok()?;
    let header = record.get(..size)?;
    let mut body = record.get(size..)?;
    let mut columns = Vec::new();
    while at < header.len() && columns.len() < 64 {
        let (kind, used) = varint(&header[at..])?;
        at += used;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => kind.checked_sub(12)? / 2,
        };
        let (bytes, rest) = body.split_at_checked(usize::try_from(length).ok()?)?;
        columns.push((kind, bytes));
        body = rest;
    }
    Some(columns)
}

/// A number in up to nine bytes of base 128, highest first; the ninth byte has eight bits.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().enumerate().take(9) {
        if index == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 127);
        if byte & 128 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_varint(mut value: usize, out: &mut Vec<u8>) {
        let mut bytes = vec![(value & 127) as u8];
        while value > 127 {
            value >>= 7;
            bytes.push((value & 127) as u8 | 128);
        }
        out.extend(bytes.into_iter().rev());
    }

    /// A record whose header is of one-byte types but for the last.
    fn record(columns: &[(usize, &[u8])]) -> Vec<u8> {
        let mut types = Vec::new();
        columns.iter().for_each(|(kind, _)| put_varint(*kind, &mut types));
        let mut record = vec![types.len() as u8 + 1];
        record.extend(types);
        columns.iter().for_each(|(_, bytes)| record.extend(*bytes));
        record
    }

    /// Two pages of a tree: the schema on the first, one record with overflow pages on the second.
    fn database(blob: &[u8]) -> Vec<u8> {
        const PAGE: usize = 512;
        let schema = record(&[(23, b"table"), (29, b"Packages"), (29, b"Packages"), (1, &[2]), (13, b"")]);
        let mut first = vec![0; PAGE];
        first[..16].copy_from_slice(b"SQLite format 3\0");
        first[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
        let mut cell = Vec::new();
        put_varint(schema.len(), &mut cell);
        cell.push(1);
        cell.extend(&schema);
        let at = PAGE - cell.len();
        first[at..].copy_from_slice(&cell);
        first[100] = 13;
        first[104] = 1;
        first[108..110].copy_from_slice(&(at as u16).to_be_bytes());

        let payload = record(&[(0, b""), (12 + 2 * blob.len(), blob)]);
        let least = (PAGE - 12) * 32 / 255 - 23;
        let local = if payload.len() <= PAGE - 35 {
            payload.len()
        } else {
            let fit = least + (payload.len() - least) % (PAGE - 4);
            if fit <= PAGE - 35 { fit } else { least }
        };
        let mut second = vec![0; PAGE];
        let mut cell = Vec::new();
        put_varint(payload.len(), &mut cell);
        cell.push(1);
        cell.extend(&payload[..local]);
        if local < payload.len() {
            cell.extend(3u32.to_be_bytes());
        }
        second[0] = 13;
        second[4] = 1;
        second[8..10].copy_from_slice(&16u16.to_be_bytes());
        second[16..16 + cell.len()].copy_from_slice(&cell);
        let mut file = [first, second].concat();
        for (index, chunk) in payload[local..].chunks(PAGE - 4).enumerate() {
            let last = (index + 1) * (PAGE - 4) >= payload.len() - local;
            file.extend(if last { 0 } else { index as u32 + 4 }.to_be_bytes());
            file.extend(chunk);
            file.resize(file.len().next_multiple_of(PAGE), 0);
        }
        file
    }

    #[test]
    fn blobs_with_and_without_overflow() {
        for size in [1, 100, 470, 480, 1000, 5000] {
            let blob: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            assert_eq!(blobs(&database(&blob), "Packages"), Ok(vec![blob]), "{size}");
        }
        assert_eq!(blobs(&database(b"x"), "Other"), Err("no table of packages"));
        assert_eq!(blobs(b"no", "Packages"), Err("not an SQLite database"));
    }

    proptest::proptest! {
        #[test]
        fn broken_databases_end(at in 0usize..2048, byte: u8, cut in 0usize..3000) {
            let mut file = database(&[7; 1200]);
            file[at] = byte;
            file.truncate(cut);
            let _ = blobs(&file, "Packages");
        }
    }
}
