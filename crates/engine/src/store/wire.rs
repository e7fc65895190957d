//! How entries travel to the process that writes them: each a header, then as many bytes as it says.

use std::io::{self, Read, Write};

use casehard_image::{Head, Kind, Mark, Xattrs};
use casehard_oci::RootPath;

/// What travels.
pub(super) enum Frame {
    /// The entries of a further layer follow.
    Layer,
    /// An entry; the content of a file follows it.
    Entry(Head),
    /// Nothing more: the image is whole.
    End,
}

/// Texts longer than this are not from an image that was within its limits.
const TEXT: u32 = 16 << 20;

/// Writes a frame.
pub(super) fn write(to: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let head = match frame {
        Frame::Layer => return to.write_all(b"L"),
        Frame::End => return to.write_all(b"."),
        Frame::Entry(head) => head,
    };
    let (kind, numbers, text): (u8, [u32; 2], &[u8]) = match &head.kind {
        Kind::File => (b'f', [0; 2], b""),
        Kind::Hardlink(target) => (b'h', [0; 2], target.as_bytes()),
        Kind::Symlink(target) => (b'l', [0; 2], target),
        Kind::Directory => (b'd', [0; 2], b""),
        Kind::CharDevice { major, minor } => (b'c', [*major, *minor], b""),
        Kind::BlockDevice { major, minor } => (b'b', [*major, *minor], b""),
        Kind::Fifo => (b'p', [0; 2], b""),
        _ => return Err(io::Error::from(io::ErrorKind::Unsupported)),
    };
    let mark = match head.mark {
        Mark::Present => 0,
        Mark::Whiteout => 1,
        Mark::Opaque => 2,
    };
    to.write_all(&[b'E', kind, mark])?;
    for number in [head.mode, head.uid, head.gid, numbers[0], numbers[1]] {
        to.write_all(&number.to_le_bytes())?;
    }
    to.write_all(&head.mtime.to_le_bytes())?;
    to.write_all(&head.size.to_le_bytes())?;
    write_text(to, head.path.as_bytes())?;
    write_text(to, text)?;
    to.write_all(&length(head.xattrs.len())?.to_le_bytes())?;
    for (name, value) in &head.xattrs {
        write_text(to, name)?;
        write_text(to, value)?;
    }
    Ok(())
}

/// Reads a frame.
pub(super) fn read(from: &mut impl Read) -> io::Result<Frame> {
    match take::<1>(from)?[0] {
        b'L' => return Ok(Frame::Layer),
        b'.' => return Ok(Frame::End),
        b'E' => {}
        _ => return Err(broken()),
    }
    let [kind, mark] = take(from)?;
    let mut number = || take(from).map(u32::from_le_bytes);
    let (mode, uid, gid, major, minor) = (number()?, number()?, number()?, number()?, number()?);
    let mtime = i64::from_le_bytes(take(from)?);
    let size = u64::from_le_bytes(take(from)?);
    let path = RootPath::parse(&read_text(from)?).map_err(|_| broken())?;
    let text = read_text(from)?;
    let count = u32::from_le_bytes(take(from)?);
    let mut xattrs = Xattrs::new();
    for _ in 0..count {
        let name = read_text(from)?;
        xattrs.insert(name.into(), read_text(from)?.into());
    }
    let kind = match kind {
        b'f' => Kind::File,
        b'h' => Kind::Hardlink(RootPath::parse(&text).map_err(|_| broken())?),
        b'l' => Kind::Symlink(text.into()),
        b'd' => Kind::Directory,
        b'c' => Kind::CharDevice { major, minor },
        b'b' => Kind::BlockDevice { major, minor },
        b'p' => Kind::Fifo,
        _ => return Err(broken()),
    };
    let mark = match mark {
        0 => Mark::Present,
        1 => Mark::Whiteout,
        2 => Mark::Opaque,
        _ => return Err(broken()),
    };
    Ok(Frame::Entry(Head { path, mark, kind, mode, uid, gid, mtime, size, xattrs }))
}

fn length(length: usize) -> io::Result<u32> {
    u32::try_from(length).ok().filter(|&length| length <= TEXT).ok_or_else(broken)
}

fn write_text(to: &mut impl Write, text: &[u8]) -> io::Result<()> {
    to.write_all(&length(text.len())?.to_le_bytes())?;
    to.write_all(text)
}

fn read_text(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = u32::from_le_bytes(take(from)?);
    if length > TEXT {
        return Err(broken());
    }
    let mut text = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut text)?;
    if text.len() == length as usize { Ok(text) } else { Err(broken()) }
}

fn take<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn broken() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidData)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let kinds = [
            Kind::File,
            Kind::Hardlink(RootPath::parse(b"a/b").unwrap()),
            Kind::Symlink((*b"../x\xff").into()),
            Kind::Directory,
            Kind::CharDevice { major: 1, minor: 3 },
            Kind::BlockDevice { major: 7, minor: 0 },
            Kind::Fifo,
        ];
        for (number, kind) in kinds.into_iter().enumerate() {
            let head = Head {
                path: RootPath::parse(b"etc/\xffname").unwrap(),
                mark: [Mark::Present, Mark::Whiteout, Mark::Opaque][number % 3],
                kind,
                mode: 0o4755,
                uid: 7,
                gid: u32::MAX,
                mtime: -5,
                size: 1 << 40,
                xattrs: Xattrs::from([((*b"user.x").into(), (*b"\0\xff").into())]),
            };
            let mut bytes = Vec::new();
            write(&mut bytes, &Frame::Entry(head.clone())).unwrap();
            let Frame::Entry(again) = read(&mut &bytes[..]).unwrap() else { panic!() };
            assert_eq!(again, head);
            for cut in 0..bytes.len() {
                assert!(read(&mut &bytes[..cut]).is_err(), "{cut}");
            }
        }
    }
}
