//! RPM's own database format, *ndb*: `Packages.db` (rpm `lib/backend/ndb/rpmpkg.c`).

use super::{Broken, budget, four};

/// A slot and a block have 16 bytes; a page of slots has 4,096.
const BLOCK: usize = 16;
const PAGE: usize = 4096;

/// The package headers.
pub(super) fn blobs(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Broken> {
    let number = |at: usize| four(bytes, at).map(u32::from_le_bytes);
    if !bytes.starts_with(b"RpmP") {
        return Err("not an ndb database");
    }
    let pages = number(12).ok_or("truncated")? as usize;
    let slots = pages.checked_mul(PAGE).and_then(|end| bytes.get(..end)).ok_or("slots outside the file")?;
    let mut left = budget(bytes);
    let mut blobs = Vec::new();
    // The header of the file stands where the first two slots would.
    for slot in slots.chunks_exact(BLOCK).skip(2) {
        let field = |at: usize| four(slot, at).map_or(0, u32::from_le_bytes) as usize;
        if &slot[..4] != b"Slot" || field(4) == 0 {
            continue;
        }
        let start = field(8).checked_mul(BLOCK).ok_or("blob outside the file")?;
        let head = bytes.get(start..).and_then(|rest| rest.get(..BLOCK)).ok_or("blob outside the file")?;
        let size = four(head, 12).map_or(0, u32::from_le_bytes) as usize;
        if &head[..4] != b"BlbS" {
            return Err("slot that points to no blob");
        }
        let blob =
            bytes.get(start + BLOCK..).and_then(|rest| rest.get(..size)).ok_or("blob outside the file")?;
        left = left.checked_sub(size).ok_or("slots that share blobs")?;
        blobs.push(blob.to_vec());
    }
    Ok(blobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(blob: &[u8]) -> Vec<u8> {
        let mut file = b"RpmP\0\0\0\0\x01\0\0\0\x01\0\0\0".to_vec();
        file.resize(32, 0);
        file.extend(b"Slot");
        for number in [1u32, 256, 3] {
            file.extend(number.to_le_bytes());
        }
        for _ in 0..(PAGE - 48) / 16 {
            file.extend(b"Slot\0\0\0\0\0\0\0\0\0\0\0\0");
        }
        file.extend(b"BlbS\x01\0\0\0\x01\0\0\0");
        file.extend((blob.len() as u32).to_le_bytes());
        file.extend(blob);
        file
    }

    #[test]
    fn blobs_are_found() {
        assert_eq!(blobs(&database(b"header")), Ok(vec![b"header".to_vec()]));
        let whole = database(b"header");
        assert_eq!(blobs(&whole[..whole.len() - 1]), Err("blob outside the file"));
        assert_eq!(blobs(b"RpmX"), Err("not an ndb database"));
        for cut in [0, 5, 16, 40, PAGE, PAGE + 10] {
            let _ = blobs(&whole[..cut]);
        }
    }
}
