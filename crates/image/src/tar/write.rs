//! Tar headers: ustar where it reaches, PAX records before it where it does not.

use super::header::BLOCK;
use crate::{Head, Kind, Mark};

const MAX_OCTAL_7: u64 = 0o777_7777;
const MAX_OCTAL_11: u64 = 0o777_7777_7777;

/// Appends the header of an entry, with the PAX header before it if one is needed. The content, filled up to whole
/// blocks, is the caller's.
pub(crate) fn write_header(out: &mut Vec<u8>, head: &Head) {
    let name = spelled(head);
    let mut records = Vec::new();
    let (prefix, short) = split(&name).unwrap_or_else(|| {
        record(&mut records, b"path", &name);
        (&[], &name[..name.len().min(100)])
    });
    let link: &[u8] = match &head.kind {
        Kind::Symlink(target) => target,
        Kind::Hardlink(target) => target.as_bytes(),
        _ => &[],
    };
    if link.len() > 100 {
        record(&mut records, b"linkpath", link);
    }
    let size = if head.kind == Kind::File && head.mark == Mark::Present { head.size } else { 0 };
    if size > MAX_OCTAL_11 {
        record(&mut records, b"size", size.to_string().as_bytes());
    }
    for (key, id) in [(&b"uid"[..], head.uid), (b"gid", head.gid)] {
        if u64::from(id) > MAX_OCTAL_7 {
            record(&mut records, key, id.to_string().as_bytes());
        }
    }
    let mtime = u64::try_from(head.mtime).ok().filter(|time| *time <= MAX_OCTAL_11);
    if mtime.is_none() {
        record(&mut records, b"mtime", head.mtime.to_string().as_bytes());
    }
    for (key, value) in &head.xattrs {
        record(&mut records, &[b"SCHILY.xattr.", &**key].concat(), value);
    }
    if !records.is_empty() {
        let mut block = Fields::new(b"././@PaxHeader", b'x');
        block.octal(100..108, 0o644);
        block.octal(124..136, records.len() as u64);
        out.extend_from_slice(&block.finish());
        out.extend_from_slice(&records);
        // What stands before in the buffer need not begin with a block.
        out.resize(out.len() + records.len().wrapping_neg() % BLOCK, 0);
    }
    let mut block = Fields::new(short, flag(head));
    block.bytes(345, prefix);
    block.bytes(157, &link[..link.len().min(100)]);
    block.octal(100..108, u64::from(head.mode & 0o7777));
    block.octal(108..116, u64::from(head.uid).min(MAX_OCTAL_7));
    block.octal(116..124, u64::from(head.gid).min(MAX_OCTAL_7));
    block.octal(124..136, size.min(MAX_OCTAL_11));
    block.octal(136..148, mtime.unwrap_or(0));
    if let Kind::CharDevice { major, minor } | Kind::BlockDevice { major, minor } = head.kind {
        block.device(329..337, major);
        block.device(337..345, minor);
    }
    out.extend_from_slice(&block.finish());
}

/// The name as tars spell it: no leading slash, directories with one at the end, `./` for the root.
fn spelled(head: &Head) -> Vec<u8> {
    let path = head.path.as_bytes();
    match head.mark {
        Mark::Present if head.kind != Kind::Directory => path.to_vec(),
        Mark::Present if head.path.is_root() => b"./".to_vec(),
        Mark::Present => [path, b"/"].concat(),
        Mark::Opaque if head.path.is_root() => b".wh..wh..opq".to_vec(),
        Mark::Opaque => [path, b"/.wh..wh..opq"].concat(),
        Mark::Whiteout => {
            let name = head.path.file_name().unwrap_or_default();
            let directory = &path[..path.len() - name.len()];
            [directory, b".wh.", name].concat()
        }
    }
}

const fn flag(head: &Head) -> u8 {
    if !matches!(head.mark, Mark::Present) {
        return b'0';
    }
    match head.kind {
        Kind::File => b'0',
        Kind::Hardlink(_) => b'1',
        Kind::Symlink(_) => b'2',
        Kind::CharDevice { .. } => b'3',
        Kind::BlockDevice { .. } => b'4',
        Kind::Directory => b'5',
        Kind::Fifo => b'6',
    }
}

/// Splits a name into ustar's prefix (up to 155 bytes) and name (up to 100).
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= 100 {
        return Some((&[], name));
    }
    // The slash of a directory belongs to the name, which must not be empty without it.
    let end = name.len() - 1;
    let from = name.len().saturating_sub(101);
    let slash = (from..end.min(156)).find(|at| name[*at] == b'/')?;
    (slash > 0).then(|| (&name[..slash], &name[slash + 1..]))
}

fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    // The length counts its own digits.
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

struct Fields([u8; BLOCK]);

impl Fields {
    fn new(name: &[u8], flag: u8) -> Self {
        let mut block = [0; BLOCK];
        block[..name.len()].copy_from_slice(name);
        block[156] = flag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        let mut fields = Self(block);
        for field in [100..108, 108..116, 116..124] {
            fields.octal(field, 0);
        }
        fields.octal(124..136, 0);
        fields.octal(136..148, 0);
        fields.octal(329..337, 0);
        fields.octal(337..345, 0);
        fields
    }

    fn bytes(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Octal digits with leading zeros and a NUL.
    fn octal(&mut self, field: std::ops::Range<usize>, mut value: u64) {
        let digits = field.start..field.end - 1;
        for at in digits.rev() {
            self.0[at] = b'0' + u8::try_from(value & 7).unwrap_or(0);
            value >>= 3;
        }
        self.0[field.end - 1] = 0;
    }

    /// Linux has no device numbers beyond octal; a hostile one is written in base 256.
    fn device(&mut self, field: std::ops::Range<usize>, value: u32) {
        if u64::from(value) <= MAX_OCTAL_7 {
            self.octal(field, u64::from(value));
        } else {
            self.0[field.start..field.end - 4].copy_from_slice(&[0x80, 0, 0, 0]);
            self.0[field.end - 4..field.end].copy_from_slice(&value.to_be_bytes());
        }
    }

    fn finish(mut self) -> [u8; BLOCK] {
        self.0[148..156].fill(b' ');
        let sum: u64 = self.0.iter().map(|byte| u64::from(*byte)).sum();
        self.octal(148..155, sum);
        self.0
    }
}
