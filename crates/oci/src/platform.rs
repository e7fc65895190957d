//! Platforms (OCI image specification, `image-index.md`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The operating system and processor an image runs on, written `os/architecture[/variant]` as in `linux/arm64/v8`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Platform {
    /// `GOARCH` value: `amd64`, `arm64`, …
    pub architecture: String,
    /// `GOOS` value: `linux`, …
    pub os: String,
    /// `v7`, `v8`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Everything else, kept.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Why a text is not a platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("platform {0:?} is not os/architecture or os/architecture/variant, such as linux/amd64")]
pub struct PlatformError(String);

impl Platform {
    /// `linux` on the architecture that an image uses for the machine this was compiled for.
    #[must_use]
    pub fn host() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "x86" => "386",
            "powerpc64" => "ppc64le",
            other => other,
        };
        Self { architecture: architecture.to_owned(), os: "linux".to_owned(), ..Self::default() }
    }

    /// Whether an image for `self` is what somebody who asks for `wanted` means: no variant asked for takes any, and
    /// `arm64` and `arm64/v8` are the same.
    #[must_use]
    pub fn fits(&self, wanted: &Self) -> bool {
        let variant = |platform: &Self| match (&*platform.architecture, platform.variant.as_deref()) {
            ("arm64", None | Some("v8")) => None,
            (_, variant) => variant.map(str::to_owned),
        };
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (wanted.variant.is_none() || variant(self) == variant(wanted))
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match *parts {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return Err(PlatformError(text.to_owned())),
        };
        if parts.iter().any(|part| {
            part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        }) {
            return Err(PlatformError(text.to_owned()));
        }
        let variant = variant.map(str::to_owned);
        Ok(Self { architecture: architecture.to_owned(), os: os.to_owned(), variant, rest: Map::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_what() {
        let fits = |a: &str, b: &str| a.parse::<Platform>().unwrap().fits(&b.parse().unwrap());
        assert!(fits("linux/amd64", "linux/amd64"));
        assert!(fits("linux/arm64/v8", "linux/arm64"));
        assert!(fits("linux/arm64", "linux/arm64/v8"));
        assert!(fits("linux/arm/v7", "linux/arm"));
        assert!(!fits("linux/arm/v6", "linux/arm/v7"));
        assert!(!fits("linux/amd64", "linux/arm64"));
        assert!("linux".parse::<Platform>().is_err() && "linux/".parse::<Platform>().is_err());
    }
}
