//! Which repositories a machine uses (`sources.list(5)`): the deb822 form and the one-line form.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::deb::{Stanza, StanzaError, stanzas};

/// A suite at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The address below which `dists` and `pool` stand, without a trailing slash.
    pub uri: String,
    /// The suite: `bookworm`, `bookworm-security`. One that ends in `/` is a flat repository's folder.
    pub suite: String,
    /// Components: `main`.
    pub components: Vec<String>,
    /// Whose signature counts.
    pub signed_by: SignedBy,
    /// Whether a release past its `Valid-Until` is refused; `None`: as the machine says for all.
    pub check_valid_until: Option<bool>,
    /// Whether it may be absent.
    pub optional: bool,
}

/// Whose signature on a release counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedBy {
    /// Any key that the machine trusts (`trusted.gpg`, `trusted.gpg.d`).
    Trusted,
    /// The keys of these files.
    Files(Vec<PathBuf>),
    /// Keys written into the source itself, ASCII-armoured.
    Inline(String),
}

/// Why the sources of a machine could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourcesError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A `.sources` file is no control data.
    #[error("{path}: {source}")]
    Stanza {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: StanzaError,
    },
    /// A line of a `.list` file is not `deb [options] uri suite component...`.
    #[error("{path}:{line}: expected `deb [options] uri suite component...`, found {text:?}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// The line.
        text: String,
    },
}

/// The binary repositories of a machine, from `sources.list` and `sources.list.d` in `directory` (`/etc/apt`).
/// Disabled ones and sources are left out; so are those restricted to other architectures than `architecture`.
///
/// # Errors
/// When a file cannot be read or is not of the grammar.
pub fn read_sources(directory: &Path, architecture: &str) -> Result<Vec<Repository>, SourcesError> {
    let mut files = vec![directory.join("sources.list")];
    let parts = directory.join("sources.list.d");
    match fs::read_dir(&parts) {
        Ok(entries) => {
            let mut names: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            names.sort();
            files.append(&mut names);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(SourcesError::Read { path: parts, source }),
    }
    let mut repositories = Vec::new();
    for path in files {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !matches!(extension, Some("list" | "sources")) {
            continue;
        }
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(SourcesError::Read { path, source }),
        };
        if extension == Some("list") {
            one_line(&path, &text, architecture, &mut repositories)?;
        } else {
            for stanza in stanzas(&text) {
                let stanza = stanza.map_err(|source| SourcesError::Stanza { path: path.clone(), source })?;
                deb822(&stanza, architecture, &mut repositories);
            }
        }
    }
    Ok(repositories)
}

fn deb822(stanza: &Stanza, architecture: &str, repositories: &mut Vec<Repository>) {
    let no = |name: &str| stanza.get(name).is_some_and(is_no);
    let architectures: Vec<&str> = stanza.words("Architectures").collect();
    if no("Enabled")
        || !stanza.words("Types").any(|kind| kind == "deb")
        || (!architectures.is_empty() && !architectures.contains(&architecture))
    {
        return;
    }
    let signed_by = match stanza.get("Signed-By") {
        None => SignedBy::Trusted,
        Some(value) if value.contains("-----BEGIN") => SignedBy::Inline(unfold(value)),
        Some(value) => signers(value.split_whitespace()),
    };
    let components: Vec<String> = stanza.words("Components").map(str::to_owned).collect();
    for uri in stanza.words("URIs") {
        for suite in stanza.words("Suites") {
            repositories.push(Repository {
                uri: uri.trim_end_matches('/').to_owned(),
                suite: suite.to_owned(),
                components: components.clone(),
                signed_by: signed_by.clone(),
                check_valid_until: stanza.get("Check-Valid-Until").map(|value| !is_no(value)),
                optional: false,
            });
        }
    }
}

/// A folded key: one leading space per line, and ` .` for an empty line.
fn unfold(value: &str) -> String {
    let line = |line: &str| match line.strip_prefix(' ').unwrap_or(line) {
        "." => String::new(),
        line => line.to_owned(),
    };
    value.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn is_no(value: &str) -> bool {
    ["no", "false", "without", "off", "disable", "0"]
        .iter()
        .any(|word| value.trim().eq_ignore_ascii_case(word))
}

/// Paths of keyrings; fingerprints, which the grammar allows too, narrow the trusted keys and are not read here.
fn signers<'a>(words: impl Iterator<Item = &'a str>) -> SignedBy {
    let files: Vec<PathBuf> = words.filter(|word| word.starts_with('/')).map(PathBuf::from).collect();
    if files.is_empty() { SignedBy::Trusted } else { SignedBy::Files(files) }
}

fn one_line(
    path: &Path,
    text: &str,
    architecture: &str,
    repositories: &mut Vec<Repository>,
) -> Result<(), SourcesError> {
    for (number, line) in text.lines().enumerate() {
        let content = line.split('#').next().unwrap_or_default().trim();
        let (kind, rest) = content.split_once(char::is_whitespace).unwrap_or((content, ""));
        if kind.is_empty() || kind == "deb-src" {
            continue;
        }
        let broken = || SourcesError::Line {
            path: path.to_owned(),
            line: number + 1,
            text: line.chars().take(80).collect(),
        };
        if kind != "deb" {
            return Err(broken());
        }
        let mut rest = rest.trim_start();
        let mut options = BTreeMap::new();
        if let Some(inside) = rest.strip_prefix('[') {
            let (inside, tail) = inside.split_once(']').ok_or_else(broken)?;
            options = inside.split_whitespace().filter_map(|option| option.split_once('=')).collect();
            rest = tail;
        }
        let mut words = rest.split_whitespace().map(str::to_owned);
        let (uri, suite) = (words.next().ok_or_else(broken)?, words.next().ok_or_else(broken)?);
        if options.get("arch").is_some_and(|list| !list.split(',').any(|name| name == architecture)) {
            continue;
        }
        let components: Vec<String> = words.collect();
        if components.is_empty() && !suite.ends_with('/') {
            return Err(broken());
        }
        repositories.push(Repository {
            uri: uri.trim_end_matches('/').to_owned(),
            suite,
            components,
            signed_by: options.get("signed-by").map_or(SignedBy::Trusted, |list| signers(list.split(','))),
            check_valid_until: options.get("check-valid-until").map(|value| !is_no(value)),
            optional: false,
        });
    }
    Ok(())
}

/// The repositories of a mirror: the suite, and for a release (not `sid` or a suite with a dash) its updates, and its
/// security updates where the mirror's address says it is one of Debian proper (they stand beside it, in
/// `<mirror>-security`, and a mirror without them is no error).
pub(crate) fn from_mirror(
    uri: &str,
    suite: &str,
    components: &[String],
    keyring: &SignedBy,
) -> Vec<Repository> {
    let uri = uri.trim_end_matches('/');
    let repository = |uri: String, suite: String, optional| Repository {
        uri,
        suite,
        components: components.to_vec(),
        signed_by: keyring.clone(),
        check_valid_until: None,
        optional,
    };
    let mut all = vec![repository(uri.to_owned(), suite.to_owned(), false)];
    if !suite.contains('-') && !matches!(suite, "sid" | "unstable" | "experimental") {
        all.push(repository(uri.to_owned(), format!("{suite}-updates"), true));
        all.push(repository(format!("{uri}-security"), format!("{suite}-security"), true));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sources.list.d")).unwrap();
        fs::write(
            folder.path().join("sources.list"),
            "# nothing\ndeb [signed-by=/k.gpg arch=amd64,arm64 check-valid-until=no] http://m.example/d/ b main contrib # x\n\
             deb-src http://m.example/d b main\ndeb [arch=arm64] http://m.example/d b main\ndeb http://f.example/x ./\n",
        )
        .unwrap();
        fs::write(
            folder.path().join("sources.list.d/a.sources"),
            "Types: deb deb-src\nURIs: http://m.example/e\nSuites: s s-updates\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n aa\n\n\
             Types: deb\nEnabled: no\nURIs: http://off.example\nSuites: s\nComponents: main\n",
        )
        .unwrap();
        fs::write(folder.path().join("sources.list.d/b.list.disabled"), "junk").unwrap();
        let all = read_sources(folder.path(), "amd64").unwrap();
        let shown: Vec<_> =
            all.iter().map(|r| (r.uri.as_str(), r.suite.as_str(), r.components.len())).collect();
        assert_eq!(
            shown,
            [
                ("http://m.example/d", "b", 2),
                ("http://f.example/x", "./", 0),
                ("http://m.example/e", "s", 1),
                ("http://m.example/e", "s-updates", 1),
            ]
        );
        assert_eq!(all[0].signed_by, SignedBy::Files(vec!["/k.gpg".into()]));
        assert_eq!(all[0].check_valid_until, Some(false));
        assert_eq!(all[2].signed_by, SignedBy::Inline("\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\naa".into()));
        fs::write(folder.path().join("sources.list"), "deb http://m.example/d b\n").unwrap();
        let error = read_sources(folder.path(), "amd64").unwrap_err();
        assert!(error.to_string().contains("sources.list:1"), "{error}");
    }
}
