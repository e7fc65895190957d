//! Paths inside an image.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path inside an image: absolute, normalised, and never a path of the machine that Casehard runs on.
///
/// It is a sequence of components, each a non-empty byte string without `/` and NUL that is neither `.` nor `..`;
/// so it cannot leave the root. Bytes need not be UTF-8. The root itself has no component.
///
/// It is shown with a leading `/` and with every byte that is no printable UTF-8 escaped as `\xNN` (and `\` as
/// `\\`), which [`FromStr`] reads back: the text form is exact, safe on a terminal, and the one in JSON.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RootPath(Arc<[u8]>);

/// Why bytes are not a path inside an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// `..` climbs above the root.
    #[error("path {0} leaves the root of the image")]
    LeavesRoot(String),
    /// A NUL byte cannot stand in a path.
    #[error("path {0} holds a NUL byte")]
    Nul(String),
    /// A backslash in the text form is not followed by `\` or `xNN`.
    #[error("path {0:?} has a broken escape (expected \\\\ or \\xNN)")]
    BrokenEscape(String),
}

impl RootPath {
    /// The root directory of an image.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from(&[][..]))
    }

    /// Reads a path as a tar header, a symbolic link or a system call spells it, with or without a leading `/`:
    /// empty components and `.` vanish and `..` removes the component before it.
    ///
    /// # Errors
    /// When `..` climbs above the root, or the bytes hold NUL.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        let relative = bytes.strip_prefix(b"/").unwrap_or(bytes);
        let relative = relative.strip_prefix(b"./").unwrap_or(relative);
        let relative = relative.strip_suffix(b"/").unwrap_or(relative);
        // Nearly every path is written as it is kept.
        if is_normal(relative) {
            return Ok(Self(Arc::from(relative)));
        }
        Self::root().join(bytes.strip_prefix(b"/").unwrap_or(bytes))
    }

    /// This path followed by the relative path `bytes` (an absolute one replaces it), read as [`RootPath::parse`] reads.
    ///
    /// # Errors
    /// When `..` climbs above the root, or the bytes hold NUL.
    pub fn join(&self, bytes: &[u8]) -> Result<Self, PathError> {
        if bytes.contains(&0) {
            return Err(PathError::Nul(escape(bytes).into_owned()));
        }
        let start: &[u8] = if bytes.first() == Some(&b'/') { &[] } else { &self.0 };
        let mut path = Vec::with_capacity(start.len() + 1 + bytes.len());
        path.extend_from_slice(start);
        for component in bytes.split(|byte| *byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." if path.is_empty() => return Err(PathError::LeavesRoot(escape(bytes).into_owned())),
                b".." => path.truncate(path.iter().rposition(|byte| *byte == b'/').unwrap_or(0)),
                _ => {
                    if !path.is_empty() {
                        path.push(b'/');
                    }
                    path.extend_from_slice(component);
                }
            }
        }
        Ok(Self(path.into()))
    }

    /// As [`RootPath::join`], but `..` at the root stays at the root, as the kernel walks it (`path_resolution(7)`).
    /// Bytes after a NUL are dropped, as the kernel never sees them.
    #[must_use]
    pub fn join_as_kernel(&self, bytes: &[u8]) -> Self {
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        let mut path = if bytes.first() == Some(&b'/') { Self::root() } else { self.clone() };
        for component in bytes.split(|byte| *byte == b'/').filter(|component| !component.is_empty()) {
            path = match component {
                b".." => path.parent().unwrap_or_else(Self::root),
                b"." => path,
                name => path.child(name),
            };
        }
        path
    }

    /// The entry `name` of this directory. `name` must be one component; anything else is read as a relative path
    /// whose `..` stops at the root.
    #[must_use]
    pub fn child(&self, name: &[u8]) -> Self {
        if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') || name.contains(&0) {
            return self.join_as_kernel(name);
        }
        let mut path = Vec::with_capacity(self.0.len() + 1 + name.len());
        path.extend_from_slice(&self.0);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        Self(path.into())
    }

    /// The directory this path stands in; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Some(Self(Arc::from(&self.0[..end])))
    }

    /// Whether `directory` is the [parent](Self::parent).
    #[must_use]
    pub fn stands_in(&self, directory: &Self) -> bool {
        match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(end) => self.0[..end] == *directory.0,
            None => !self.0.is_empty() && directory.0.is_empty(),
        }
    }

    /// The directories this path stands in, nearest first, the root last.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// The last component; `None` for the root.
    #[must_use]
    pub fn file_name(&self) -> Option<&[u8]> {
        self.components().next_back()
    }

    /// The components from the root down.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|component| !component.is_empty())
    }

    /// Whether this path is `directory` or stands below it, by whole components.
    #[must_use]
    pub fn starts_with(&self, directory: &Self) -> bool {
        directory.0.is_empty()
            || (self.0.starts_with(&directory.0)
                && matches!(self.0.get(directory.0.len()), None | Some(b'/')))
    }

    /// This path as seen from `directory`; `None` when it does not stand below it. Empty for `directory` itself.
    #[must_use]
    pub fn strip_prefix(&self, directory: &Self) -> Option<&[u8]> {
        if !self.starts_with(directory) {
            return None;
        }
        let rest = &self.0[directory.0.len()..];
        Some(rest.strip_prefix(b"/").unwrap_or(rest))
    }

    /// Whether this is the root directory.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes without a leading `/`, as tar headers spell them; empty for the root.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as UTF-8 with a leading `/`, when it is UTF-8.
    #[must_use]
    pub fn to_utf8(&self) -> Option<String> {
        std::str::from_utf8(&self.0).ok().map(|text| format!("/{text}"))
    }
}

/// Whether no component of a relative path is empty, `.`, `..` or has a NUL; it may be passed over for a path that is normal
/// but has a name that begins with a dot.
fn is_normal(path: &[u8]) -> bool {
    let mut before = b'/';
    for byte in path {
        if *byte == 0 || (before == b'/' && matches!(byte, b'/' | b'.')) {
            return false;
        }
        before = *byte;
    }
    before != b'/'
}

/// Paths sort component by component, so that a directory stands right before what it holds.
impl Ord for RootPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |byte: &u8| if *byte == b'/' { 0 } else { u16::from(*byte) + 1 };
        self.0.iter().map(key).cmp(other.0.iter().map(key))
    }
}

impl PartialOrd for RootPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RootPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", escape(&self.0))
    }
}

impl fmt::Debug for RootPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads the text form that [`fmt::Display`] writes.
impl FromStr for RootPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if !text.contains('\\') {
            return Self::parse(text.as_bytes());
        }
        let broken = || PathError::BrokenEscape(text.to_owned());
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((first, tail)) = rest.split_first() {
            rest = tail;
            if *first != b'\\' {
                bytes.push(*first);
                continue;
            }
            match rest {
                [b'\\', tail @ ..] => {
                    bytes.push(b'\\');
                    rest = tail;
                }
                [b'x', high, low, tail @ ..] => {
                    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or_else(broken);
                    let value = digit(*high)? * 16 + digit(*low)?;
                    bytes.push(u8::try_from(value).map_err(|_| broken())?);
                    rest = tail;
                }
                _ => return Err(broken()),
            }
        }
        Self::parse(&bytes)
    }
}

impl Serialize for RootPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RootPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Bytes from an image as text that is safe to show: what is not printable UTF-8 becomes `\xNN`, and `\` becomes `\\`.
///
/// Control characters, bidirectional overrides and other invisible formatting characters count as not printable:
/// a terminal must not obey a file name.
#[must_use]
pub fn escape(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.chars().any(|c| c == '\\' || is_unprintable(c))
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '\\' {
                text.push_str("\\\\");
            } else if is_unprintable(c) {
                push_hex(&mut text, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                text.push(c);
            }
        }
        push_hex(&mut text, chunk.invalid());
    }
    Cow::Owned(text)
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    use fmt::Write as _;
    for byte in bytes {
        let _ = write!(text, "\\x{byte:02x}");
    }
}

fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(text: &str) -> RootPath {
        RootPath::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn spellings_are_normalised() {
        for (spelled, shown) in [
            ("./usr//bin/./env", "/usr/bin/env"),
            ("/usr/lib/../bin/", "/usr/bin"),
            ("", "/"),
            ("./", "/"),
            ("a\nb", "/a\\x0ab"),
            ("a\\b", "/a\\\\b"),
            ("\u{202e}exe.txt", "/\\xe2\\x80\\xaeexe.txt"),
        ] {
            assert_eq!(path(spelled).to_string(), shown);
        }
        assert!(matches!(RootPath::parse(b"../etc"), Err(PathError::LeavesRoot(_))));
        assert!(matches!(RootPath::parse(b"a/../../etc"), Err(PathError::LeavesRoot(_))));
        assert!(matches!(RootPath::parse(b"a\0b"), Err(PathError::Nul(_))));
        assert!(matches!("a\\q".parse::<RootPath>(), Err(PathError::BrokenEscape(_))));
    }

    #[test]
    fn the_kernel_stops_at_the_root() {
        assert_eq!(path("/a").join_as_kernel(b"../../../b"), path("/b"));
        assert_eq!(path("/a").join_as_kernel(b"/c/./d"), path("/c/d"));
        assert_eq!(path("/a").join_as_kernel(b"b\0rest"), path("/a/b"));
    }

    #[test]
    fn relations() {
        let deep = path("/usr/lib/x");
        assert_eq!(deep.parent(), Some(path("/usr/lib")));
        assert_eq!(deep.ancestors().count(), 3);
        assert!(deep.stands_in(&path("/usr/lib")) && path("/usr").stands_in(&RootPath::root()));
        assert!(!deep.stands_in(&path("/usr")) && !RootPath::root().stands_in(&RootPath::root()));
        assert!(deep.starts_with(&path("/usr/lib")) && !deep.starts_with(&path("/usr/li")));
        assert_eq!(deep.strip_prefix(&path("/usr")), Some(&b"lib/x"[..]));
        assert_eq!(deep.file_name(), Some(&b"x"[..]));
        assert_eq!(RootPath::root().file_name(), None);
    }

    #[test]
    fn a_directory_sorts_right_before_its_entries() {
        let mut paths = ["/a.b", "/a/z", "/a", "/a-b", "/a/b/c"].map(path);
        paths.sort();
        assert_eq!(paths.map(|path| path.to_string()), ["/a", "/a/b/c", "/a/z", "/a-b", "/a.b"]);
    }

    proptest! {
        #[test]
        fn the_text_form_is_exact(bytes in proptest::collection::vec(1u8.., 0..40)) {
            if let Ok(path) = RootPath::parse(&bytes) {
                prop_assert_eq!(path.to_string().parse::<RootPath>().unwrap(), path.clone());
                prop_assert!(!path.to_string().chars().any(char::is_control));
                prop_assert!(path.components().all(|c| c != b".." && c != b"." && !c.is_empty()));
            }
        }

        /// What is written as it is kept is taken over; the same comes of walking it.
        #[test]
        fn a_short_way_leads_to_the_same_path(
            bytes in proptest::collection::vec(prop_oneof![Just(b'/'), Just(b'.'), Just(b'a'), Just(0)], 0..12),
        ) {
            let relative = bytes.strip_prefix(b"/").unwrap_or(&bytes);
            prop_assert_eq!(RootPath::parse(&bytes), RootPath::root().join(relative));
        }
    }
}
