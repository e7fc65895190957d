//! Paths that a configuration file names.

use crate::Names;

/// No more paths than this are kept of one file.
const MOST: usize = 256;
/// The longest path that is kept, in bytes.
const LONGEST: usize = 256;

/// The absolute paths that stand in a text, outside lines that are comments. `None` when there is none.
pub(super) fn read(bytes: &[u8]) -> Option<Names> {
    if memchr::memchr(0, &bytes[..bytes.len().min(8192)]).is_some() {
        return None;
    }
    let mut found: Vec<&[u8]> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let text = line.trim_ascii_start();
        if matches!(text.first(), None | Some(b'#' | b';'))
            || text.starts_with(b"//")
            || text.starts_with(b"--")
        {
            continue;
        }
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'/', rest) {
            let begins = at == 0 || !is_of_path(rest[at - 1]);
            let end =
                rest[at..].iter().position(|byte| !is_of_path(*byte)).map_or(rest.len(), |end| at + end);
            let path = &rest[at..end];
            if begins && (3..=LONGEST).contains(&path.len()) && !path.starts_with(b"//") && found.len() < MOST
            {
                found.push(path);
            }
            rest = &rest[end.max(at + 1)..];
        }
    }
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then(|| found.into_iter().collect())
}

/// Bytes of paths as configuration writes them without quotes.
fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+' | b'@' | b'~')
        || byte >= 0x80
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_in_text() {
        let text = b"load_module /usr/lib/x/a.so;\n# /usr/no\ninclude \"/etc/x.d/*.conf\"\n<dir>/usr/share/fonts</dir>\n\
            url = http://a.b/c\nrelative a/b\np=/opt/q,/opt/r\n";
        let found = super::read(text).unwrap();
        let found: Vec<_> = found.texts().collect();
        assert_eq!(found, ["/dir", "/etc/x.d/", "/opt/q", "/opt/r", "/usr/lib/x/a.so", "/usr/share/fonts"]);
        assert!(super::read(b"a\0/usr/lib").is_none());
    }
}
