//! The image that the shipped stage stands on, by the words of the name that the file builds on.

use crate::build::ImageName;

/// A tag's parts: a version, and words for the variant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'a>(&'a str);

impl<'a> Tag<'a> {
    pub(super) fn of(image: &ImageName<'a>) -> Self {
        Self(image.tag.unwrap_or("latest"))
    }

    fn words(self) -> impl Iterator<Item = &'a str> {
        self.0.split('-')
    }

    /// `3.12` of `3.12-bookworm`; `None` of `latest` and `lts`.
    pub(super) fn version(self) -> Option<&'a str> {
        self.words().next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// The first two numbers of the version, when there are as many.
    pub(super) fn minor(self) -> Option<String> {
        let mut parts = self.version()?.split('.');
        Some(format!("{}.{}", parts.next()?, parts.next()?))
    }

    fn codename(self) -> Option<(&'a str, u32)> {
        let release = |word| match word {
            "bullseye" => Some((word, 11)),
            "bookworm" => Some((word, 12)),
            "trixie" => Some((word, 13)),
            _ => None,
        };
        self.words().find_map(release)
    }

    /// Debian's release, when a word says it.
    pub(super) fn debian(self) -> Option<u32> {
        self.codename().map(|(_, release)| release)
    }

    /// The word for Alpine, `alpine` or `alpine3.22`.
    pub(super) fn alpine(self) -> Option<&'a str> {
        self.words().find(|word| word.starts_with("alpine"))
    }

    /// The Java release: the last word that begins with one, after letters or not.
    pub(super) fn java(self) -> Option<u32> {
        let first = |word: &str| -> Option<u32> {
            let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok().filter(|version| matches!(version, 8 | 11 | 17 | 21 | 25))
        };
        let is_variant = |word: &&str| !word.starts_with("alpine");
        self.0.rsplit('-').filter(is_variant).find_map(first)
    }

    /// The tag of the small variant, as Node and Python call theirs.
    pub(super) fn slim(self, codename_last: bool) -> String {
        if self.alpine().is_some() || self.words().any(|word| word == "slim") {
            return self.0.to_owned();
        }
        match (self.words().next().unwrap_or_default(), self.codename()) {
            ("latest", _) => "slim".to_owned(),
            (first, Some((name, _))) if first == name => format!("{name}-slim"),
            (first, Some((name, _))) if codename_last => format!("{first}-slim-{name}"),
            (first, Some((name, _))) => format!("{first}-{name}-slim"),
            (first, None) => format!("{first}-slim"),
        }
    }
}

/// Another official image, taken from the same mirror.
pub(super) fn beside(image: &ImageName<'_>, other: &str) -> String {
    let parent = image.path.rfind('/').map_or("", |at| &image.path[..=at]);
    match image.registry {
        Some(registry) => format!("{registry}/{parent}{other}"),
        None if parent == "library/" => format!("{parent}{other}"),
        None => other.to_owned(),
    }
}

/// The same image with another tag.
pub(super) fn tagged(image: &ImageName<'_>, tag: &str) -> String {
    let registry = image.registry.map(|registry| format!("{registry}/")).unwrap_or_default();
    format!("{registry}{}:{tag}", image.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_say_versions_and_variants() {
        let slim = |text, last| Tag(text).slim(last);
        assert_eq!(slim("22", false), "22-slim");
        assert_eq!(slim("22-bookworm", false), "22-bookworm-slim");
        assert_eq!(slim("3.12-bookworm", true), "3.12-slim-bookworm");
        assert_eq!(slim("3.12-alpine3.20", true), "3.12-alpine3.20");
        assert_eq!(slim("bookworm", false), "bookworm-slim");
        assert_eq!(slim("latest", true), "slim");
        assert_eq!(Tag("3.12.1-slim").minor().as_deref(), Some("3.12"));
        assert_eq!(Tag("3").minor(), None);
        assert_eq!(Tag("lts-trixie").debian(), Some(13));
        let java = [
            ("17.0.9_9-jdk", Some(17)),
            ("3-eclipse-temurin-21-alpine", Some(21)),
            ("21-jdk-alpine3.21", Some(21)),
            ("8.5-jdk17", Some(17)),
            ("3", None),
        ];
        for (tag, release) in java {
            assert_eq!(Tag(tag).java(), release, "{tag}");
        }
    }

    #[test]
    fn mirrors_are_kept() {
        let mirror = ImageName::parse("mirror.corp:5000/hub/golang:1");
        assert_eq!(beside(&mirror, "debian:13-slim"), "mirror.corp:5000/hub/debian:13-slim");
        assert_eq!(tagged(&mirror, "2"), "mirror.corp:5000/hub/golang:2");
        assert_eq!(beside(&ImageName::parse("library/rust:1"), "debian:13-slim"), "library/debian:13-slim");
        assert_eq!(beside(&ImageName::parse("other/gcc"), "debian:13-slim"), "debian:13-slim");
    }
}
