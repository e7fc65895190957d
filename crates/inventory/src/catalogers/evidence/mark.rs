//! Where a version stands in a program.

/// Where a version stands in a program.
pub(super) enum Mark {
    /// Right after this text, with three numbers at least: texts about versions name them by two.
    After(&'static str),
    /// Right after this text, with two numbers at least, or one and a stage.
    Short(&'static str),
    /// Right before this text.
    Before(&'static str),
    /// Between NUL bytes, the next text being this.
    Ahead(&'static str),
    /// Between NUL bytes, possibly with a `v` before it, after this text (and more NUL bytes); empty for anywhere.
    Alone(&'static str),
    /// Between NUL bytes, and beginning with the numbers in the file's name: `python3.11` has `3.11.2`.
    Named,
    /// Before a build's host and time: `7.2.3buildkitsandbox-1698901234000000000`.
    Built,
}

/// A version is not longer than this, in bytes.
const LONGEST: usize = 32;
/// No more places than this are looked at for one mark.
const MOST_PLACES: usize = 100_000;

impl Mark {
    /// The version in a program called `name`.
    pub(super) fn find(&self, bytes: &[u8], name: &[u8]) -> Option<String> {
        match self {
            Self::After(text) => {
                let three = |version: &String| version.split('.').count() > 2;
                places(bytes, text.as_bytes()).filter_map(|at| version(&bytes[at + text.len()..])).find(three)
            }
            Self::Short(text) => {
                places(bytes, text.as_bytes()).find_map(|at| version(&bytes[at + text.len()..]))
            }
            Self::Before(text) => places(bytes, text.as_bytes()).find_map(|end| {
                let before = &bytes[end.saturating_sub(LONGEST)..end];
                let start = before.iter().rposition(|byte| !is_version_byte(*byte)).map_or(0, |at| at + 1);
                version(&before[start..]).filter(|found| found.len() == before.len() - start)
            }),
            Self::Ahead(text) => places(bytes, text.as_bytes()).find_map(|at| {
                let end = bytes[..at].iter().rposition(|byte| *byte != 0)? + 1;
                if end == at {
                    return None;
                }
                let from = end.saturating_sub(LONGEST);
                let start = from + bytes[from..end].iter().rposition(|byte| *byte == 0)? + 1;
                whole(&bytes[start..end])
            }),
            Self::Alone("") => alone(bytes).find_map(whole),
            Self::Alone(text) => places(bytes, text.as_bytes()).find_map(|at| {
                let rest = &bytes[at + text.len()..];
                let skipped =
                    rest.iter().take(64).position(|byte| *byte != 0).filter(|skipped| *skipped > 0)?;
                let rest = &rest[skipped..];
                whole(&rest[..memchr::memchr(0, &rest[..rest.len().min(LONGEST)])?])
            }),
            Self::Named => {
                let from = name.iter().position(u8::is_ascii_digit)?;
                let number = name[from..].split(|byte| !byte.is_ascii_digit() && *byte != b'.').next()?;
                // `libpython3.11.so.1.0`: the number ends where no digit follows a dot.
                let number = number.strip_suffix(b".").unwrap_or(number);
                let (number, next) = (number, [number, b"."].concat());
                let fits = |text: &&[u8]| text.starts_with(&next) && number.contains(&b'.');
                alone(bytes).filter(fits).find_map(whole)
            }
            Self::Built => built(bytes),
        }
    }
}

fn places<'a>(bytes: &'a [u8], text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    memchr::memmem::find_iter(bytes, text).take(MOST_PLACES)
}

/// The short texts between NUL bytes that begin with a digit, or with a `v` and a digit.
fn alone(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(0, bytes).filter_map(|at| {
        let rest = &bytes[at + 1..];
        let rest = rest.strip_prefix(b"v").unwrap_or(rest);
        if !rest.first()?.is_ascii_digit() {
            return None;
        }
        let end = memchr::memchr(0, &rest[..rest.len().min(LONGEST)])?;
        Some(&rest[..end])
    })
}

/// The version that all of `bytes` is.
fn whole(bytes: &[u8]) -> Option<String> {
    version(bytes).filter(|version| version.len() == bytes.len())
}

/// A version at the beginning: numbers with dots, and what may follow: `p221`, `rc1`, `w`, `-26`, `beta1`.
fn version(bytes: &[u8]) -> Option<String> {
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    let mut parts = usize::from(end > 0);
    while end > 0 && bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
        parts += 1;
    }
    let letters = bytes[end..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    let numbers = digits(end + letters);
    let stage = matches!(
        &bytes[end..end + letters],
        b"a" | b"b" | b"p" | b"rc" | b"alpha" | b"beta" | b"preview" | b"dev"
    );
    // One letter is a patch level where nothing else follows it: 1.1.1w, 1.3.8b.
    let ends = |at: usize| !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    if (stage && numbers > 0) || (letters == 1 && numbers == 0) && ends(end + letters + numbers) {
        end += letters + numbers;
        parts += usize::from(stage);
    } else if bytes.get(end) == Some(&b'-')
        && (1..=3).contains(&digits(end + 1))
        && ends(end + 1 + digits(end + 1))
    {
        end += 1 + digits(end + 1);
    }
    (parts > 1).then(|| String::from_utf8_lossy(&bytes[..end]).into_owned())
}

fn is_version_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

/// Three numbers, a host's name, a hyphen and nanoseconds. A host that is a container's twelve hexadecimal digits
/// may begin with a digit; all others begin with a letter.
fn built(bytes: &[u8]) -> Option<String> {
    places(bytes, b"-1").find_map(|hyphen| {
        let digits = bytes[hyphen + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let from = hyphen.saturating_sub(96);
        let before = &bytes[from..hyphen];
        let start = before
            .iter()
            .rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')));
        let text = &before[start.map_or(0, |at| at + 1)..];
        if digits < 10 {
            return None;
        }
        let container = text.len().checked_sub(12).filter(|at| text[*at..].iter().all(u8::is_ascii_hexdigit));
        let dotted = |text: &[u8]| {
            let end = text.iter().position(|byte| !is_version_byte(*byte)).unwrap_or(text.len());
            let numbers = std::str::from_utf8(&text[..end]).ok()?;
            (numbers.split('.').count() == 3 && numbers.split('.').all(|one| (1..=3).contains(&one.len())))
                .then(|| numbers.to_owned())
        };
        container.and_then(|at| dotted(&text[..at])).or_else(|| dotted(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_end_where_they_end() {
        for (text, expected) in [
            ("1.2.3 ", Some("1.2.3")),
            ("1.1.1w  11", Some("1.1.1w")),
            ("9.5p1,", Some("9.5p1")),
            ("17beta1 ", Some("17beta1")),
            ("16 ", None),
            ("8.0.34-26/", Some("8.0.34-26")),
            ("2.8.4-a4ebf9d", Some("2.8.4")),
            ("1.25.3-debug", Some("1.25.3")),
            ("v1", None),
            ("", None),
        ] {
            assert_eq!(version(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
