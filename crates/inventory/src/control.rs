//! Paragraphs of `Name: value` fields with continuation lines: Debian control files (`deb822(5)`), Python core
//! metadata, Java manifests differ only in what follows.

/// The paragraphs of a file: stretches between empty lines.
pub(crate) fn paragraphs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            while let [b'\n', tail @ ..] | [b'\r', b'\n', tail @ ..] = rest {
                rest = tail;
            }
            if rest.is_empty() {
                return None;
            }
            let end = paragraph_end(rest);
            let (paragraph, tail) = rest.split_at(end);
            rest = tail;
            if !paragraph.iter().all(u8::is_ascii_whitespace) {
                return Some(paragraph);
            }
        }
    })
}

/// Where the first line that is empty (or blank) begins.
fn paragraph_end(bytes: &[u8]) -> usize {
    let mut at = 0;
    for newline in memchr::memchr_iter(b'\n', bytes) {
        if bytes[at..newline].iter().all(u8::is_ascii_whitespace) {
            return at.max(1);
        }
        at = newline + 1;
    }
    bytes.len()
}

/// The fields of a paragraph, in order: the name, and the value with its continuation lines as they stand.
pub(crate) fn fields(paragraph: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = paragraph;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let mut end = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
            while matches!(rest.get(end), Some(b' ' | b'\t')) {
                end += memchr::memchr(b'\n', &rest[end..]).map_or(rest.len() - end, |newline| newline + 1);
            }
            let (field, tail) = rest.split_at(end);
            rest = tail;
            if let Some(colon) = memchr::memchr(b':', field)
                && !field[0].is_ascii_whitespace()
            {
                return Some((&field[..colon], field[colon + 1..].trim_ascii()));
            }
        }
        None
    })
}

/// Text of a field, what is not UTF-8 replaced.
pub(crate) fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_fields() {
        let file = b"\nA: 1\nB:\n x\n y\n\n \nC: 2\r\n\r\nD:3";
        let all: Vec<Vec<_>> = paragraphs(file).map(|paragraph| fields(paragraph).collect()).collect();
        let expected: [&[(&[u8], &[u8])]; 3] =
            [&[(b"A", b"1"), (b"B", b"x\n y")], &[(b"C", b"2")], &[(b"D", b"3")]];
        assert_eq!(all, expected);
        assert_eq!(paragraphs(b"\n \n\t\n").count(), 0);
    }
}
