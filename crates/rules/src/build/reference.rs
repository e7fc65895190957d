//! The parts of an image's name, as `FROM` writes it.

/// The parts of an image's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImageName<'a> {
    /// The registry, when one is written.
    pub(crate) registry: Option<&'a str>,
    /// The path without registry, tag and digest.
    pub(crate) path: &'a str,
    pub(crate) tag: Option<&'a str>,
    pub(crate) digest: Option<&'a str>,
}

impl<'a> ImageName<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest[slash..].find(':') {
            Some(colon) => (&rest[..slash + colon], Some(&rest[slash + colon + 1..])),
            None => (rest, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), path),
            _ => (None, name),
        };
        Self { registry, path, tag, digest }
    }

    /// The last component of its path.
    pub(crate) fn base(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether the image is built from one language runtime or server and nothing else: no shell, no package manager.
    pub(crate) fn is_shell_less(&self) -> bool {
        let distroless = self.path.starts_with("distroless/") || self.path.contains("/distroless/");
        let debug = self.tag.is_some_and(|tag| tag.contains("debug"));
        let static_image =
            matches!(self.registry, Some("cgr.dev")) && self.tag.is_none_or(|tag| !tag.contains("-dev"));
        (distroless && !debug) || static_image || self.path == "scratch"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart() {
        let parts = |text| {
            let name = ImageName::parse(text);
            (name.registry, name.path, name.tag, name.digest)
        };
        assert_eq!(parts("alpine"), (None, "alpine", None, None));
        assert_eq!(parts("a/b:1@sha256:x"), (None, "a/b", Some("1"), Some("sha256:x")));
        assert_eq!(parts("localhost:5000/a"), (Some("localhost:5000"), "a", None, None));
        assert_eq!(parts("r.io/a/b:c"), (Some("r.io"), "a/b", Some("c"), None));
    }
}
