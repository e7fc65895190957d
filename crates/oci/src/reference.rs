//! Image references as the container tools write them (distribution `reference` grammar).

use std::{fmt, str::FromStr};

use crate::Digest;

/// `registry/repository[:tag][@digest]`, with Docker's defaults filled in: no registry means Docker Hub, one
/// component there stands in `library/`, and neither tag nor digest means `latest`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// `host[:port]`.
    pub registry: String,
    /// Path of the repository in the registry.
    pub repository: String,
    /// The tag, when one is written or implied.
    pub tag: Option<String>,
    /// The digest, when one is written; it decides, and the tag is for people.
    pub digest: Option<Digest>,
}

/// Why a text is not an image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The repository is missing or has a character that names do not have.
    #[error(
        "image reference {0:?} has no valid repository name (lower-case letters, digits and . _ - between slashes)"
    )]
    Repository(String),
    /// The tag is not of the grammar.
    #[error("image reference {0:?} has no valid tag (at most 128 letters, digits and . _ -)")]
    Tag(String),
    /// The registry is not `host[:port]`.
    #[error("image reference {0:?} has no valid registry (expected host or host:port)")]
    Registry(String),
    /// The digest is broken.
    #[error("image reference {reference:?} has a broken digest: {source}")]
    Digest {
        /// The whole reference.
        reference: String,
        /// What is wrong with its digest.
        source: crate::DigestError,
    },
}

const HUB: &str = "docker.io";

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                let digest = digest
                    .parse()
                    .map_err(|source| ReferenceError::Digest { reference: text.to_owned(), source })?;
                (name, Some(digest))
            }
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag.to_owned())),
            _ => (name, None),
        };
        if tag.as_ref().is_some_and(|tag| !is_tag(tag)) {
            return Err(ReferenceError::Tag(text.to_owned()));
        }
        let is_registry = |part: &str| {
            part.contains(['.', ':']) || part == "localhost" || part.bytes().any(|b| b.is_ascii_uppercase())
        };
        let (registry, repository) = match name.split_once('/') {
            Some((first, rest)) if is_registry(first) => (first, rest.to_owned()),
            _ => (HUB, name.to_owned()),
        };
        let registry = if registry == "index.docker.io" { HUB } else { registry };
        if !registry.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:[]".contains(&b)) {
            return Err(ReferenceError::Registry(text.to_owned()));
        }
        let repository = if registry == HUB && !repository.contains('/') && !repository.is_empty() {
            format!("library/{repository}")
        } else {
            repository
        };
        if !is_repository(&repository) {
            return Err(ReferenceError::Repository(text.to_owned()));
        }
        let tag = if tag.is_none() && digest.is_none() { Some("latest".to_owned()) } else { tag };
        Ok(Self { registry: registry.to_owned(), repository, tag, digest })
    }
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty()
        && tag.len() <= 128
        && !tag.starts_with(['.', '-'])
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn is_repository(repository: &str) -> bool {
    repository.len() <= 255
        && repository.split('/').all(|part| {
            let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            edge(part.chars().next())
                && edge(part.chars().next_back())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        })
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_defaults_are_filled_in() {
        let digest = Digest::of(b"");
        for (written, meant) in [
            ("nginx", "docker.io/library/nginx:latest".to_owned()),
            ("user/app:1.2", "docker.io/user/app:1.2".to_owned()),
            ("localhost:5000/app", "localhost:5000/app:latest".to_owned()),
            ("index.docker.io/nginx", "docker.io/library/nginx:latest".to_owned()),
            ("ghcr.io/a/b/c:v1", "ghcr.io/a/b/c:v1".to_owned()),
            (&format!("nginx:1.25@{digest}"), format!("docker.io/library/nginx:1.25@{digest}")),
            (&format!("nginx@{digest}"), format!("docker.io/library/nginx@{digest}")),
        ] {
            assert_eq!(written.parse::<Reference>().unwrap().to_string(), meant);
        }
        for wrong in ["", "UPPER", "a//b", "a:", "a:-x", "a@sha256:1", "-a", "localhost:5000/"] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }
}
