//! Many short byte strings in one allocation.

/// Byte strings without NUL, packed in one allocation: images have millions of names, and most files need few.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(Box<[u8]>);

impl Names {
    /// The strings in their order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split_inclusive(|byte| *byte == 0).map(|name| &name[..name.len() - 1])
    }

    /// The strings that are UTF-8.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.iter().filter_map(|name| std::str::from_utf8(name).ok())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `name` is among them.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> bool {
        self.iter().any(|other| other == name)
    }
}

/// Strings that hold a NUL byte are cut before it.
impl<T: AsRef<[u8]>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let mut bytes = Vec::new();
        for name in names {
            let name = name.as_ref();
            bytes.extend_from_slice(&name[..memchr::memchr(0, name).unwrap_or(name.len())]);
            bytes.push(0);
        }
        Self(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_in_order() {
        let names: Names = ["a", "", "b\0c"].into_iter().collect();
        assert_eq!(names.iter().collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
        assert!(names.contains(b"b") && !names.contains(b"c") && !names.is_empty());
        assert!(Names::default().is_empty() && Names::default().iter().next().is_none());
    }
}
