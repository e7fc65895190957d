//! Who asks: Docker's `config.json`, the `auth.json` of the containers tools, and the helpers they name.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use casehard_oci::Reference;
use serde::Deserialize;

use super::RegistryError;

/// Bytes of a file of credentials, and of what a helper says.
const LARGEST: u64 = 4 << 20;

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token that buys others.
    IdentityToken(String),
}

/// Secrets are not for logs.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    auths: BTreeMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: String,
    username: Option<String>,
    password: Option<String>,
    #[serde(alias = "identityToken")]
    identitytoken: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// The credential for a repository in the first of these files that has one; files that do not exist are passed over.
pub(super) fn find(files: &[PathBuf], reference: &Reference) -> Result<Option<Credential>, RegistryError> {
    for path in files {
        let file = match read(path) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err(why) => return Err(RegistryError::Configuration { file: path.display().to_string(), why }),
        };
        if let Some(credential) = of(&file, reference)? {
            return Ok(Some(credential));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Option<File>, String> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| error.to_string())
}

fn of(file: &File, reference: &Reference) -> Result<Option<Credential>, RegistryError> {
    for name in names(reference) {
        if let Some(helper) = file.cred_helpers.get(&name)
            && let Some(credential) = ask(helper, &name)?
        {
            return Ok(Some(credential));
        }
        let found = file.auths.iter().find(|(key, _)| normalised(key) == normalised(&name));
        if let Some((key, auth)) = found
            && let Some(credential) = credential(key, auth)?
        {
            return Ok(Some(credential));
        }
    }
    let Some(store) = &file.creds_store else { return Ok(None) };
    for name in names(reference) {
        if let Some(credential) = ask(store, &name)? {
            return Ok(Some(credential));
        }
    }
    Ok(None)
}

/// What a registry may be called, the most exact name first: the containers tools have entries for namespaces.
fn names(reference: &Reference) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = format!("{}/{}", reference.registry, reference.repository);
    while let Some((above, _)) = name.rsplit_once('/') {
        names.push(name.clone());
        name = above.to_owned();
    }
    names.push(name);
    if reference.registry == "docker.io" {
        names.push("https://index.docker.io/v1/".to_owned());
    }
    names
}

/// Docker writes registries as URLs, too.
fn normalised(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let key = key.trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    if key == "index.docker.io" || key == "registry-1.docker.io" { "docker.io" } else { key }
}

fn credential(key: &str, auth: &Auth) -> Result<Option<Credential>, RegistryError> {
    if !auth.identitytoken.is_empty() {
        return Ok(Some(Credential::IdentityToken(auth.identitytoken.clone())));
    }
    if let (Some(user), Some(password)) = (&auth.username, &auth.password) {
        return Ok(Some(Credential::Password { user: user.clone(), password: password.clone() }));
    }
    if auth.auth.is_empty() {
        return Ok(None);
    }
    let wrong = || RegistryError::Configuration {
        file: format!("the credential of {key}"),
        why: "it is not base64 of user:password".to_owned(),
    };
    let decoded = STANDARD.decode(auth.auth.trim()).map_err(|_| wrong())?;
    let decoded = String::from_utf8(decoded).map_err(|_| wrong())?;
    let (user, password) = decoded.split_once(':').ok_or_else(wrong)?;
    let password = password.trim_end_matches('\0');
    Ok(Some(Credential::Password { user: user.to_owned(), password: password.to_owned() }))
}

/// Asks a helper (`docker-credential-NAME get`). One that knows nothing says so and fails.
fn ask(helper: &str, registry: &str) -> Result<Option<Credential>, RegistryError> {
    let failed =
        |why: String| RegistryError::Configuration { file: format!("docker-credential-{helper}"), why };
    if helper.is_empty() || !helper.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        return Err(failed("its name is not one of a program".to_owned()));
    }
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not listen answers nothing useful either.
        let _ = writeln!(stdin, "{registry}");
    }
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LARGEST).read_to_end(&mut answer).map_err(|error| failed(error.to_string()))?;
    }
    if !child.wait().map_err(|error| failed(error.to_string()))?.success() {
        return Ok(None);
    }
    let answer: Answer = serde_json::from_slice(&answer).map_err(|error| failed(error.to_string()))?;
    Ok(Some(if answer.username == "<token>" {
        Credential::IdentityToken(answer.secret)
    } else {
        Credential::Password { user: answer.username, password: answer.secret }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_entry_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.json");
        let encoded = |text: &str| STANDARD.encode(text);
        let text = serde_json::json!({ "auths": {
            "https://index.docker.io/v1/": { "auth": encoded("hub:a:b") },
            "example.com": { "auth": encoded("all:x") },
            "example.com/team": { "auth": encoded("team:y") },
            "token.example.com": { "identitytoken": "t", "auth": encoded("u:") },
            "broken.example.com": { "auth": "???" },
            "empty.example.com": {},
        }});
        fs::write(&path, text.to_string()).unwrap();
        let files = [folder.path().join("missing.json"), path];
        let password = |user: &str, password: &str| {
            Some(Credential::Password { user: user.into(), password: password.into() })
        };
        for (reference, expected) in [
            ("nginx", password("hub", "a:b")),
            ("example.com/other/app", password("all", "x")),
            ("example.com/team/app", password("team", "y")),
            ("token.example.com/app", Some(Credential::IdentityToken("t".into()))),
            ("empty.example.com/app", None),
            ("unknown.example.com/app", None),
        ] {
            let found = find(&files, &reference.parse().unwrap()).unwrap();
            assert!(found == expected, "{reference}");
        }
        assert!(find(&files, &"broken.example.com/app".parse().unwrap()).is_err());
        assert!(ask("../evil", "x").is_err());
    }
}
