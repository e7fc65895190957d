//! Where a repository may be had (`containers-registries.conf(5)`, version 2): its mirrors, and the place that takes the
//! place of the one that is written.

use std::{
    fs,
    io::{self, Read as _},
    path::PathBuf,
};

use casehard_oci::Reference;
use serde::Deserialize;

use super::RegistryError;

/// Bytes of a file.
const LARGEST: u64 = 1 << 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    registry: Vec<Registry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Registry {
    prefix: String,
    location: String,
    blocked: bool,
    mirror_by_digest_only: bool,
    mirror: Vec<Mirror>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Mirror {
    location: String,
    pull_from_mirror: String,
}

/// Where `reference` may be had, the best place first; the last is the registry itself.
///
/// # Errors
/// When a file is broken, or says that nothing may be had from there.
pub(super) fn places(files: &[PathBuf], reference: &Reference) -> Result<Vec<Reference>, RegistryError> {
    let mut found: Option<(usize, Registry)> = None;
    for path in files {
        let wrong = |why: String| RegistryError::Configuration { file: path.display().to_string(), why };
        let text = match fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => {
                let mut text = String::new();
                let file = file.map_err(|error| wrong(error.to_string()))?;
                file.take(LARGEST).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
                text
            }
        };
        let file: File = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
        for registry in file.registry {
            let length = matched(registry.prefix(), reference);
            // Of the same prefix the later file counts.
            if let Some(length) =
                length.filter(|length| found.as_ref().is_none_or(|(best, _)| length >= best))
            {
                found = Some((length, registry));
            }
        }
    }
    let Some((length, registry)) = found else { return Ok(vec![reference.clone()]) };
    let name = format!("{}/{}", reference.registry, reference.repository);
    if registry.blocked {
        let why = format!("{name} is blocked there");
        return Err(RegistryError::Configuration { file: "registries.conf".to_owned(), why });
    }
    let at = |location: &str| -> Result<Reference, RegistryError> {
        let wrong = |error: casehard_oci::ReferenceError| RegistryError::Configuration {
            file: "registries.conf".to_owned(),
            why: format!("{location}: {error}"),
        };
        let moved: Reference = format!("{location}{}", &name[length..]).parse().map_err(wrong)?;
        Ok(Reference { tag: reference.tag.clone(), digest: reference.digest, ..moved })
    };
    let is_digest = reference.digest.is_some();
    let mut places = Vec::new();
    for mirror in &registry.mirror {
        let fits = match &*mirror.pull_from_mirror {
            "digest-only" => is_digest,
            "tag-only" => !is_digest,
            _ => is_digest || !registry.mirror_by_digest_only,
        };
        if fits {
            places.push(at(&mirror.location)?);
        }
    }
    // A wildcard says which registries are meant, not where they are.
    let stays = registry.location.is_empty() || registry.prefix.starts_with("*.");
    places.push(if stays { reference.clone() } else { at(&registry.location)? });
    Ok(places)
}

impl Registry {
    fn prefix(&self) -> &str {
        if self.prefix.is_empty() { &self.location } else { &self.prefix }
    }
}

/// How many bytes of the name of a repository a prefix covers, when it does.
fn matched(prefix: &str, reference: &Reference) -> Option<usize> {
    if let Some(domain) = prefix.strip_prefix('*') {
        let host = &reference.registry;
        return (domain.len() > 1 && domain.starts_with('.') && host.ends_with(domain)).then_some(host.len());
    }
    let name = format!("{}/{}", reference.registry, reference.repository);
    let rest = name.strip_prefix(prefix)?;
    (!prefix.is_empty() && (rest.is_empty() || rest.starts_with('/'))).then_some(prefix.len())
}

#[cfg(test)]
mod tests {
    use casehard_oci::Digest;

    use super::*;

    #[test]
    fn the_longest_prefix_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a.conf"), folder.path().join("b.conf"));
        let first_text = r#"
            unqualified-search-registries = ["example.com"]
            [[registry]]
            location = "docker.io"
            [[registry.mirror]]
            location = "mirror.example.com/hub"
            insecure = true
            [[registry.mirror]]
            location = "digests.example.com"
            pull-from-mirror = "digest-only"
            [[registry]]
            prefix = "old.example.com/team"
            location = "new.example.com/group"
            [[registry]]
            prefix = "*.internal"
            location = "ignored"
            [[registry.mirror]]
            location = "near.example.com"
            [[registry]]
            location = "bad.example.com"
            blocked = true
        "#;
        fs::write(&first, first_text).unwrap();
        fs::write(&second, "[[registry]]\nlocation = \"old.example.com\"\n[[registry.mirror]]\nlocation = \"m.example.com\"\n")
            .unwrap();
        let files = [folder.path().join("missing.conf"), first.clone(), second.clone()];
        let digest = Digest::of(b"");
        for (written, expected) in [
            ("nginx:1", vec!["mirror.example.com/hub/library/nginx:1", "docker.io/library/nginx:1"]),
            (
                &*format!("nginx@{digest}"),
                vec![
                    "mirror.example.com/hub/library/nginx",
                    "digests.example.com/library/nginx",
                    "docker.io/library/nginx",
                ],
            ),
            ("old.example.com/team/app:2", vec!["new.example.com/group/app:2"]),
            ("old.example.com/teams/app:2", vec!["m.example.com/teams/app:2", "old.example.com/teams/app:2"]),
            ("a.b.internal/x/y:1", vec!["near.example.com/x/y:1", "a.b.internal/x/y:1"]),
            ("other.example.com/app:1", vec!["other.example.com/app:1"]),
        ] {
            let reference = written.parse().unwrap();
            let found = places(&files, &reference).unwrap();
            let shown: Vec<String> = found
                .iter()
                .map(|place| place.to_string().split('@').next().unwrap_or_default().to_owned())
                .collect();
            assert_eq!(shown, expected, "{written}");
            assert!(found.iter().all(|place| place.digest == reference.digest));
        }
        let error = places(&files, &"bad.example.com/app".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("bad.example.com/app is blocked"), "{error}");
        fs::write(&second, "[[registry]\n").unwrap();
        let error = places(&files, &"nginx".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("b.conf"), "{error}");
    }
}
