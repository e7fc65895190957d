//! Which files a cataloger reads, by the end of their path.

/// The directory that is left of `path` when `pattern` matches its end: empty when the pattern is the whole path.
///
/// A pattern is components separated by `/`; each may hold one `*`, which stands for any bytes but `/`. It matches a
/// path whose last components match. So `lib/apk/db/installed` matches `usr/lib/apk/db/installed` and leaves `usr`.
pub(crate) fn match_end<'a>(pattern: &str, path: &'a [u8]) -> Option<&'a [u8]> {
    // Most paths match no pattern, and their last byte says so.
    if pattern.as_bytes().last().is_some_and(|last| *last != b'*' && path.last() != Some(last)) {
        return None;
    }
    let mut rest = path;
    for (index, wanted) in pattern.as_bytes().rsplit(|byte| *byte == b'/').enumerate() {
        if index > 0 {
            rest = rest.strip_suffix(b"/")?;
        }
        let start = memchr::memrchr(b'/', rest).map_or(0, |slash| slash + 1);
        if rest.is_empty() || !match_component(wanted, &rest[start..]) {
            return None;
        }
        rest = &rest[..start];
    }
    Some(rest.strip_suffix(b"/").unwrap_or(rest))
}

/// Whether one component matches; `pattern` may hold one `*`.
fn match_component(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.iter().position(|byte| *byte == b'*') {
        None => pattern == name,
        Some(star) => {
            let (head, tail) = (&pattern[..star], &pattern[star + 1..]);
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_path_decides() {
        for (pattern, path, prefix) in [
            ("var/lib/dpkg/status", "var/lib/dpkg/status", Some("")),
            ("var/lib/dpkg/status", "srv/root/var/lib/dpkg/status", Some("srv/root")),
            ("var/lib/dpkg/status", "xvar/lib/dpkg/status", None),
            ("lib/dpkg/info/*.list", "var/lib/dpkg/info/libc6:amd64.list", Some("var")),
            ("*.dist-info/METADATA", "opt/venv/lib/a-1.dist-info/METADATA", Some("opt/venv/lib")),
            ("*.dist-info/METADATA", "a-1.dist-info/x/METADATA", None),
            ("package.json", "package.json", Some("")),
            ("package.json", "", None),
            ("a/b", "b", None),
            ("lib*.so", "lib.so", Some("")),
            ("a*a", "a", None),
        ] {
            assert_eq!(match_end(pattern, path.as_bytes()), prefix.map(str::as_bytes), "{pattern} {path}");
        }
    }
}
