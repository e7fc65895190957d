//! Which C library an image has, as far as its name says it.

use super::ImageName;

/// Which C library an image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Libc {
    Glibc,
    Musl,
    None,
    Unknown,
}

impl Libc {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
            Self::None => "no C library",
            Self::Unknown => "an unknown C library",
        }
    }

    /// By the image's own words: a distribution that is named, or an official image's default.
    pub(crate) fn of(image: &str) -> Self {
        let name = ImageName::parse(image);
        let tag = name.tag.unwrap_or_default();
        if name.path == "scratch" || (name.path.contains("distroless/") && name.base().starts_with("static"))
        {
            return Self::None;
        }
        if tag.contains("alpine") || matches!(name.base(), "alpine") {
            return Self::Musl;
        }
        let glibc_base = [
            "debian",
            "ubuntu",
            "fedora",
            "centos",
            "rockylinux",
            "almalinux",
            "ubi",
            "amazonlinux",
            "buildpack-deps",
        ];
        let official = ["golang", "rust", "gcc"];
        let glibc = glibc_base.iter().any(|base| name.base().starts_with(base))
            || (official.contains(&name.base()) && name.registry.is_none())
            || (name.path.contains("distroless/") && !name.base().starts_with("static"))
            || ["bookworm", "bullseye", "trixie", "jammy", "noble"].iter().any(|word| tag.contains(word));
        if glibc { Self::Glibc } else { Self::Unknown }
    }
}
