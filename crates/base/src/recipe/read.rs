//! Reading a recipe.

use casehard_oci::Healthcheck;

use super::{
    DirectoryEntry, FileContent, FileEntry, Flavour, GroupEntry, LinkEntry, Owner, Recipe, UserEntry,
    fields::{Fields, boolean, duration, expected, map, mode, number, path, text, text_of, texts},
};
use crate::yaml::{self, Node};

/// A place in a recipe: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipePlace(usize, usize);

impl From<yaml::Place> for RecipePlace {
    fn from(place: yaml::Place) -> Self {
        Self(place.line, place.column)
    }
}

impl std::fmt::Display for RecipePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.0, self.1)
    }
}

/// Why a text is no recipe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// It is no YAML.
    #[error("{place}: {what}")]
    Yaml {
        /// Where.
        place: RecipePlace,
        /// What is wrong.
        what: String,
    },
    /// It says nothing.
    #[error("the recipe is empty")]
    Empty,
    /// A field is not known.
    #[error("{place}: unknown field {name:?}{}", .nearest.as_ref().map_or_else(|| format!(" (known are {known})"), |word| format!(" (did you mean {word:?}?)")))]
    Unknown {
        /// Where.
        place: RecipePlace,
        /// The field.
        name: String,
        /// A known one that is like it.
        nearest: Option<String>,
        /// All known ones.
        known: String,
    },
    /// A field is given twice.
    #[error("{place}: field {name:?} is given twice")]
    Twice {
        /// Where.
        place: RecipePlace,
        /// The field.
        name: String,
    },
    /// A field is missing.
    #[error("{place}: field {name:?} is missing")]
    Missing {
        /// Where it should be.
        place: RecipePlace,
        /// The field.
        name: &'static str,
    },
    /// A value is of the wrong kind.
    #[error("{place}: expected {what}, found {found}")]
    Expected {
        /// Where.
        place: RecipePlace,
        /// What should be there.
        what: &'static str,
        /// What is there.
        found: String,
    },
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// When it is no YAML, has a field that is not known or of the wrong kind, or lacks `suite`; with line and column.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let root = yaml::read(text)
            .map_err(|broken| RecipeError::Yaml { place: broken.place.into(), what: broken.what })?
            .ok_or(RecipeError::Empty)?;
        let mut fields = Fields::new(&root)?;
        let components = fields.read("components", texts)?;
        let recipe = Self {
            name: fields.read("name", self::text)?,
            suite: fields.required("suite", word)?,
            mirror: fields.read("mirror", self::text)?,
            keyring: fields.read("keyring", |node| Ok(text_of(node)?.into()))?,
            components: components.unwrap_or_else(|| vec!["main".to_owned()]),
            architecture: fields.read("architecture", word)?,
            flavour: fields.read("flavour", flavour)?.unwrap_or_default(),
            packages: fields.list("packages", word)?,
            without: fields.list("without", word)?,
            recommends: fields.read("recommends", boolean)?.unwrap_or_default(),
            groups: fields.list("groups", group)?,
            users: fields.list("users", user)?,
            directories: fields.list("directories", directory)?,
            files: fields.list("files", file)?,
            links: fields.list("links", link)?,
            environment: fields.read("environment", map)?.unwrap_or_default(),
            entrypoint: fields.read("entrypoint", texts)?,
            command: fields.read("command", texts)?,
            workdir: fields.read("workdir", path)?,
            user: fields.read("user", self::text)?,
            ports: fields.list("ports", port)?,
            volumes: fields.list("volumes", path)?,
            healthcheck: fields.read("healthcheck", healthcheck)?,
            labels: fields.read("labels", map)?.unwrap_or_default(),
            stop_signal: fields.read("stop-signal", word)?,
        };
        fields.finish()?;
        Ok(recipe)
    }
}

/// A name: of a package, a suite, a user. It goes into paths and addresses.
fn word(node: &Node) -> Result<String, RecipeError> {
    let text = text_of(node)?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._~:/".contains(&byte);
    if text.is_empty() || text.contains("..") || text.starts_with('-') || !text.bytes().all(is_word) {
        return Err(expected(node, "a name of letters, digits and + - . _"));
    }
    Ok(text.to_owned())
}

fn flavour(node: &Node) -> Result<Flavour, RecipeError> {
    match text_of(node)? {
        "full" => Ok(Flavour::Full),
        "minimal" => Ok(Flavour::Minimal),
        _ => Err(expected(node, "full or minimal")),
    }
}

fn owner(node: &Node) -> Result<Owner, RecipeError> {
    let text = text_of(node)?;
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    if user.is_empty() || group.is_empty() {
        return Err(expected(node, "a user, or user:group"));
    }
    Ok(Owner { user: user.to_owned(), group: group.to_owned() })
}

fn group(node: &Node) -> Result<GroupEntry, RecipeError> {
    let mut fields = Fields::new(node)?;
    let group = GroupEntry { name: fields.required("name", account)?, gid: fields.read("gid", number)? };
    fields.finish()?;
    Ok(group)
}

fn user(node: &Node) -> Result<UserEntry, RecipeError> {
    let mut fields = Fields::new(node)?;
    let user = UserEntry {
        name: fields.required("name", account)?,
        uid: fields.read("uid", number)?,
        group: fields.read("group", account)?,
        groups: fields.list("groups", account)?,
        home: fields.read("home", path)?,
        shell: fields.read("shell", text)?,
    };
    fields.finish()?;
    Ok(user)
}

/// A name that fits into a line of `/etc/passwd`.
fn account(node: &Node) -> Result<String, RecipeError> {
    let text = text_of(node)?;
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if text.is_empty() || !fits || text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(expected(node, "a name of letters, digits and - . _"));
    }
    Ok(text.to_owned())
}

fn directory(node: &Node) -> Result<DirectoryEntry, RecipeError> {
    let mut fields = Fields::new(node)?;
    let directory = DirectoryEntry {
        path: fields.required("path", path)?,
        owner: fields.read("owner", owner)?.unwrap_or_default(),
        mode: fields.read("mode", mode)?.unwrap_or(0o755),
    };
    fields.finish()?;
    Ok(directory)
}

fn file(node: &Node) -> Result<FileEntry, RecipeError> {
    let mut fields = Fields::new(node)?;
    let (content, source) = (fields.read("content", text)?, fields.read("source", text)?);
    let content = match (content, source) {
        (Some(text), None) => FileContent::Text(text),
        (None, Some(source)) => FileContent::Source(source.into()),
        _ => return Err(expected(node, "one of content and source")),
    };
    let file = FileEntry {
        path: fields.required("path", path)?,
        content,
        owner: fields.read("owner", owner)?.unwrap_or_default(),
        mode: fields.read("mode", mode)?,
    };
    fields.finish()?;
    Ok(file)
}

fn link(node: &Node) -> Result<LinkEntry, RecipeError> {
    let mut fields = Fields::new(node)?;
    let link = LinkEntry { path: fields.required("path", path)?, target: fields.required("target", text)? };
    fields.finish()?;
    Ok(link)
}

fn port(node: &Node) -> Result<String, RecipeError> {
    let text = text_of(node)?;
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if number.parse::<u16>().is_err() || !matches!(protocol, "tcp" | "udp" | "sctp") {
        return Err(expected(node, "a port such as 8080 or 53/udp"));
    }
    Ok(format!("{number}/{protocol}"))
}

fn healthcheck(node: &Node) -> Result<Healthcheck, RecipeError> {
    let mut fields = Fields::new(node)?;
    let mut test = fields.required("test", texts)?;
    if !matches!(test.first().map(String::as_str), Some("CMD" | "CMD-SHELL" | "NONE")) {
        test.insert(0, "CMD".to_owned());
    }
    let healthcheck = Healthcheck {
        test,
        interval: fields.read("interval", duration)?.unwrap_or_default(),
        timeout: fields.read("timeout", duration)?.unwrap_or_default(),
        start_period: fields.read("start-period", duration)?.unwrap_or_default(),
        retries: fields.read("retries", number)?.unwrap_or_default().into(),
        ..Healthcheck::default()
    };
    fields.finish()?;
    Ok(healthcheck)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_recipe() {
        let recipe = Recipe::parse(
            "suite: bookworm\nflavour: minimal\npackages: [nginx, libstdc++6]\nusers:\n  - { name: app, uid: 1000, home: /srv }\n\
             files:\n  - { path: /srv/a, content: x, mode: 0600, owner: app }\n  - { path: /srv/b, source: b }\n\
             directories: [{ path: /data, owner: 'app:app', mode: '1777' }]\nports: [80, 53/udp]\nenvironment: { A: 1 }\n\
             healthcheck: { test: [curl, -f, x], interval: 10s, retries: 3 }\nuser: app\nkeyring: ~\n",
        )
        .unwrap();
        assert_eq!(recipe.flavour, Flavour::Minimal);
        assert_eq!(recipe.files[0].mode, Some(0o600));
        assert_eq!(recipe.files[0].owner, Owner { user: "app".into(), group: "app".into() });
        assert_eq!(recipe.directories[0].mode, 0o1777);
        assert_eq!(recipe.ports, ["80/tcp", "53/udp"]);
        assert_eq!(recipe.components, ["main"]);
        let check = recipe.healthcheck.unwrap();
        assert_eq!((check.test[0].as_str(), check.interval, check.retries), ("CMD", 10_000_000_000, 3));
        assert_eq!(recipe.environment["A"], "1");
    }

    #[test]
    fn mistakes_say_where_and_what() {
        for (text, said) in [
            (
                "suite: b\npakages: [x]\n",
                "line 2, column 1: unknown field \"pakages\" (did you mean \"packages\"?)",
            ),
            ("packages: [x]\n", "line 1, column 1: field \"suite\" is missing"),
            ("suite: b\nsuite: c\n", "line 2, column 1: field \"suite\" is given twice"),
            ("suite: [b]\n", "line 1, column 8: expected a text, found a list"),
            ("suite: ../b\n", "line 1, column 8: expected a name"),
            ("suite: b\nflavour: tiny\n", "line 2, column 10: expected full or minimal, found \"tiny\""),
            ("suite: b\nports: [http]\n", "line 2, column 9: expected a port"),
            ("suite: b\nfiles: [{ path: a, content: x }]\n", "expected a path that begins with /"),
            ("suite: b\nfiles: [{ path: /a }]\n", "expected one of content and source"),
            ("suite: b\nfiles: [{ path: /a, content: x, mode: 0999 }]\n", "octal"),
            ("suite: b\nusers: [{ name: 'a:b' }]\n", "expected a name"),
            ("", "empty"),
            ("- a\n", "expected a mapping, found a list"),
        ] {
            let error = Recipe::parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
