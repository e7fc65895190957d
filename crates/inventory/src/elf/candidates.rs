//! Libraries that a program names without needing them: it may open them while it runs.

use super::{DlopenNote, Elf, Priority};
use crate::Names;

/// No more candidates than this are kept of one file.
const MOST: usize = 256;
/// A longer string is no library's name.
const LONGEST: usize = 255;

/// The strings of the file that look like a library: `NAME.so` or `NAME.so.DIGITS…`, a path or a bare name, from the
/// byte after a NUL to a NUL. What the file needs anyway is left out.
pub(super) fn sonames(bytes: &[u8], elf: &Elf) -> Names {
    let mut found: Vec<&[u8]> = Vec::new();
    for hit in memchr::memmem::find_iter(bytes, b".so") {
        let from = hit.saturating_sub(LONGEST);
        let start =
            bytes[from..hit].iter().rposition(|byte| !is_name_byte(*byte)).map_or(from, |at| from + at + 1);
        let after = &bytes[hit + 3..bytes.len().min(hit + 3 + 32)];
        let Some(end) = after.iter().position(|byte| *byte == 0) else { continue };
        let name = &bytes[start..hit + 3 + end];
        let stem = name[..hit - start].rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if start > 0 && bytes[start - 1] == 0 && !stem.is_empty() && is_version(&after[..end]) {
            found.push(name);
        }
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(MOST * 16);
    let own = [elf.soname.as_deref(), elf.interpreter.as_deref()];
    found.retain(|name| !elf.needed.contains(name) && !own.contains(&Some(name)));
    found.truncate(MOST);
    found.into_iter().collect()
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.' | b'/' | b'@')
}

/// Empty, or dots and digits as in `.1.0`.
fn is_version(bytes: &[u8]) -> bool {
    bytes.is_empty()
        || (bytes[0] == b'.'
            && bytes.len() > 1
            && bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// The notes of a `.note.dlopen` section: owner `FDO`, type `0x407c0c0a`, a JSON array.
pub(super) fn dlopen_notes(mut data: &[u8], is_big_endian: bool) -> Vec<DlopenNote> {
    const TYPE: u32 = 0x407c_0c0a;
    let mut notes = Vec::new();
    while let Some((head, rest)) = data.split_at_checked(12) {
        let number = |at: usize| {
            let four = [head[at], head[at + 1], head[at + 2], head[at + 3]];
            if is_big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
        };
        let padded = |size: u32| (size as usize).div_ceil(4) * 4;
        let Some((owner, rest)) = rest.split_at_checked(padded(number(0))) else { break };
        let size = number(4) as usize;
        let Some(content) = rest.get(..size) else { break };
        if number(8) == TYPE && owner.starts_with(b"FDO\0") {
            notes.extend(parse_note(content));
        }
        data = rest.get(padded(number(4))..).unwrap_or_default();
    }
    notes
}

fn parse_note(content: &[u8]) -> Vec<DlopenNote> {
    let text = content.split(|byte| *byte == 0).next().unwrap_or_default();
    let Ok(serde_json::Value::Array(entries)) = serde_json::from_slice(text) else { return Vec::new() };
    let note = |entry: &serde_json::Value| {
        let text =
            |name: &str| entry.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let sonames = entry.get("soname")?.as_array()?;
        Some(DlopenNote {
            feature: text("feature"),
            priority: match text("priority").as_str() {
                "required" => Priority::Required,
                "suggested" => Priority::Suggested,
                _ => Priority::Recommended,
            },
            sonames: sonames.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        })
    };
    entries.iter().take(MOST).filter_map(note).collect()
}

#[cfg(test)]
pub(super) mod test {
    //! A small program, made up of its parts.

    use super::*;

    /// A 64-bit position-independent program that needs `libc.so.6` and names `libx.so.2`.
    pub fn program() -> Vec<u8> {
        crate::elf::test_program::build(&crate::elf::test_program::Program {
            interpreter: Some("/lib64/ld-linux-x86-64.so.2"),
            needed: &["libc.so.6"],
            constants: &["libx.so.2", "/usr/lib/y.so", "%s.so", "lib.sox", ".so", "libc.so.6"],
            ..Default::default()
        })
    }

    #[test]
    fn constants_name_libraries() {
        let elf = Elf::read(&program()).unwrap();
        assert_eq!(elf.opens.texts().collect::<Vec<_>>(), ["/usr/lib/y.so", "libx.so.2"]);
        assert_eq!(elf.needed.texts().collect::<Vec<_>>(), ["libc.so.6"]);
        assert_eq!(elf.interpreter.as_deref(), Some(&b"/lib64/ld-linux-x86-64.so.2"[..]));
    }

    #[test]
    fn dlopen_notes_are_read() {
        let json = br#"[{"soname":["libz.so.1"],"feature":"zlib","description":"x","priority":"required"}]"#;
        let mut data = Vec::new();
        for number in [4, json.len() as u32, 0x407c_0c0a] {
            data.extend(number.to_le_bytes());
        }
        data.extend(b"FDO\0");
        data.extend(json);
        let notes = dlopen_notes(&data, false);
        assert_eq!((notes[0].sonames[0].as_str(), notes[0].priority), ("libz.so.1", Priority::Required));
        assert!(dlopen_notes(&data[..20], false).is_empty());
    }
}
